//! Encoding, decoding, the strict reader's rules, and what a broken file says.

use prost::Message;

use super::*;
use crate::{Known, Label, LabelValue, Sample, fixtures, proto};

fn raw(profile: &Profile) -> proto::Profile {
    proto::Profile::decode(encode_plain(profile).as_slice()).unwrap()
}

fn decode(bytes: &[u8]) -> Result<Profile, DecodeError> {
    super::decode(bytes, Limit::default())
}

fn reread(change: impl FnOnce(&mut proto::Profile)) -> Result<Profile, DecodeError> {
    let mut message = raw(&fixtures::heap());
    change(&mut message);
    decode(&message.encode_to_vec())
}

#[test]
fn a_profile_survives_the_way_there_and_back() {
    for profile in [fixtures::heap(), fixtures::cpu(), fixtures::foreign()] {
        let bytes = encode(&profile);
        let read = decode(&bytes).unwrap();
        assert_eq!(encode(&read), bytes);
        assert_eq!(read.kinds(), profile.kinds());
        assert_eq!(read.default_type(), profile.default_type());
        assert_eq!(read.samples.len(), profile.samples.len());
        for (a, b) in read.samples.iter().zip(&profile.samples) {
            assert_eq!((&a.values, &a.locations), (&b.values, &b.locations));
            assert_eq!(read.label(a, "role"), profile.label(b, "role"));
            let names = |p: &Profile, s: Sample| -> Vec<String> {
                p.frames(s.locations).map(|l| format!("{}:{}", p.function_name(l), l.line)).collect()
            };
            assert_eq!(names(&read, a), names(&profile, b));
        }
    }
}

#[test]
fn the_same_profile_always_gives_the_same_bytes() {
    for (profile, file) in
        [fixtures::heap(), fixtures::cpu(), fixtures::foreign()].iter().zip(fixtures::FILES)
    {
        assert!(encode_plain(profile) == file, "not the bytes of {:?}", profile.kinds());
    }
}

#[test]
fn strings_that_nothing_names_are_left_out() {
    let mut profile = fixtures::heap();
    let bytes = encode(&profile);
    profile.strings.add("a name that was looked up and dropped");
    assert_eq!(encode(&profile), bytes);
}

#[test]
fn a_number_label_keeps_its_unit() {
    let mut profile = fixtures::foreign();
    let (key, unit) = (profile.strings.add("bytes"), profile.strings.add("bytes"));
    let labels = [Label { key, value: LabelValue::Number(64, unit) }];
    let labelled = |(at, sample)| if at == 1 { Sample { labels: &labels, ..sample } } else { sample };
    profile.samples = profile.samples.iter().enumerate().map(labelled).collect();
    let read = decode(&encode(&profile)).unwrap();
    let LabelValue::Number(number, unit) = read.samples.get(1).unwrap().labels[0].value else { panic!() };
    assert_eq!((number, read.strings.get(unit)), (64, "bytes"));
}

#[test]
fn the_strictest_reader_is_content() {
    for profile in [fixtures::heap(), fixtures::cpu(), fixtures::foreign()] {
        let message = raw(&profile);
        assert_eq!(message.string_table[0], b"");
        let sequential = |ids: Vec<u64>| assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>());
        sequential(message.mapping.iter().map(|m| m.id).collect());
        sequential(message.location.iter().map(|l| l.id).collect());
        sequential(message.function.iter().map(|f| f.id).collect());
        let locations = 1..=message.location.len() as u64;
        for sample in &message.sample {
            assert_eq!(sample.value.len(), message.sample_type.len());
            assert!(sample.location_id.iter().all(|id| locations.contains(id)));
            let mut keys: Vec<i64> = sample.label.iter().map(|l| l.key).collect();
            keys.dedup();
            assert_eq!(keys.len(), sample.label.len());
        }
        for mapping in &message.mapping {
            assert!(mapping.has_functions && mapping.has_filenames);
            assert!(mapping.has_line_numbers && mapping.has_inline_frames);
        }
        let default = &message.string_table[message.default_sample_type as usize];
        assert_eq!(default, profile.kinds()[profile.default_type()].as_bytes());
    }
}

#[test]
fn plain_protobuf_is_read_too() {
    assert_eq!(reread(|_| ()).unwrap().samples.len(), fixtures::heap().samples.len());
}

#[test]
fn a_profile_without_samples_is_a_profile() {
    assert!(reread(|message| message.sample.clear()).unwrap().samples.is_empty());
}

#[test]
fn broken_files_say_what_is_broken() {
    let says = |bytes: &[u8]| decode(bytes).unwrap_err().to_string();
    assert_eq!(says(b""), "the file is empty");
    let bytes = encode(&fixtures::heap());
    assert_eq!(says(&bytes[..bytes.len() / 2]), "the gzip data ends too early: the file is cut off");
    assert_eq!(says(&bytes[..1]), says(b"hello, this is no profile"));
    assert_eq!(
        says(b"hello, this is no profile"),
        "not a pprof profile: neither gzip nor a protobuf message of pprof's form"
    );
    let mut damaged = bytes.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 8].fill(0xff);
    assert!(says(&damaged).starts_with("the gzip data "), "{}", says(&damaged));
}

#[test]
fn contradictions_name_the_id() {
    let says = |change: fn(&mut proto::Profile)| reread(change).unwrap_err().to_string();
    assert_eq!(
        says(|m| m.sample_type.clear()),
        "the profile names no sample types, so its samples have no meaning"
    );
    assert_eq!(
        says(|m| m.sample[1].location_id[0] = 77),
        "sample 2 names location 77, which the profile does not have"
    );
    assert_eq!(
        says(|m| m.location[0].line[0].function_id = 99),
        "location 1 names function 99, which the profile does not have"
    );
    assert_eq!(
        says(|m| m.location[2].mapping_id = 5),
        "location 3 names mapping 5, which the profile does not have"
    );
    assert_eq!(
        says(|m| m.function[0].name = -4),
        "function 1 names string -4, which the profile does not have"
    );
    assert_eq!(
        says(|m| m.sample[0].location_id[0] = 0),
        "sample 1 names location 0, which the profile does not have"
    );
    assert_eq!(says(|m| m.location[1].id = 1), "the profile has two locations with the id 1");
    assert_eq!(
        says(|m| m.function[2].id = 0),
        "function 3 of the profile has the id 0, which stands for none"
    );
    assert_eq!(
        says(|m| m.string_table[0] = b"x".to_vec()),
        "the first string of the profile is not the empty one"
    );
    assert_eq!(
        says(|m| {
            m.sample[0].value.pop();
        }),
        "sample 1 has 7 values for 8 sample types"
    );
}

#[test]
fn empty_entries_are_refused_before_they_fill_the_memory() {
    for (tag, count) in [(0x12u8, 1), (0x22, 1), (0x32, 1001)] {
        let bytes: Vec<u8> = std::iter::repeat_n([tag, 0], count).flatten().collect();
        assert_eq!(decode(&bytes).unwrap_err(), DecodeError::Hollow, "{tag:#x}");
    }
}

/// Why a message is refused, without the profile if it is not.
fn refused(message: &proto::Profile) -> Option<DecodeError> {
    decode(&message.encode_to_vec()).err()
}

#[test]
fn entries_with_next_to_no_content_are_refused_too() {
    let mut message = raw(&fixtures::foreign());
    message.location.extend((1000..1_000_000).map(|id| proto::Location { id, ..Default::default() }));
    assert_eq!(refused(&message), Some(DecodeError::Hollow));
    // The same with content, as in the profile of a large program.
    for location in &mut message.location {
        location.address = 1 << 46;
        location.line = vec![proto::Line { function_id: 1, line: 300 }];
    }
    assert_eq!(decode(&message.encode_to_vec()).unwrap().locations.len(), 999_000 + 4);
    let mut message = raw(&fixtures::foreign());
    message.sample[0].label = vec![proto::Label::default(); 2_000_000];
    assert_eq!(refused(&message), Some(DecodeError::Hollow));
}

#[test]
fn what_is_larger_than_the_limit_is_refused() {
    let limit = Limit::bytes(1000);
    let refused = Err(DecodeError::Unpack(UnpackError::TooLarge(limit)));
    let bytes = encode_plain(&fixtures::heap());
    assert_eq!(super::decode(&bytes, limit).map(|_| ()), refused);
    assert_eq!(super::decode(&gzip::pack(&bytes), limit).map(|_| ()), refused);
    assert!(super::decode(&bytes, Limit::bytes(bytes.len() as u64)).is_ok());
}

#[test]
fn what_is_written_is_what_a_general_encoder_writes() {
    for profile in [fixtures::heap(), fixtures::cpu(), fixtures::foreign()] {
        assert_eq!(raw(&profile).encode_to_vec(), encode_plain(&profile));
    }
    // Flags of Go, which knows of functions alone. Lengths of two bytes and more, negative numbers, and numbers of full width.
    let mut profile = fixtures::foreign();
    let name = profile.strings.add(&"long".repeat(100));
    profile.functions[0].name = name;
    profile.locations[0].lines = vec![profile.locations[0].lines[0]; 100];
    profile.locations[0].address = u64::MAX;
    profile.period = -7;
    profile.mappings[0].known = Known { functions: true, ..Known::default() };
    profile.samples.push(Sample { locations: &[0; 20_000], values: &[-1, i64::MAX], labels: &[] });
    let message = encode_plain(&profile);
    assert_eq!(raw(&profile).encode_to_vec(), message);
    let limit = Limit::default().with_frames(2_000_000);
    assert_eq!(encode_plain(&super::decode(&message, limit).unwrap()), message);
    assert_eq!(
        decode(&message).unwrap_err().to_string(),
        "sample 3 has 2000000 frames, more than the limit of 16384"
    );
}

#[test]
fn fields_come_in_any_order_and_numbers_packed_or_not() {
    let profile = fixtures::heap();
    let bytes = encode_plain(&profile);
    // Each field of the message by itself, from the last to the first.
    let mut rest = bytes.as_slice();
    let mut turned: Vec<Vec<u8>> = Vec::new();
    while !rest.is_empty() {
        let before = rest;
        let (field, wire) = prost::encoding::decode_key(&mut rest).unwrap();
        prost::encoding::skip_field(wire, field, &mut rest, Default::default()).unwrap();
        turned.push(before[..before.len() - rest.len()].to_vec());
    }
    // Entries of one kind keep their order: strings are named by it.
    turned.sort_by_key(|field| std::cmp::Reverse(field[0] >> 3));
    assert_eq!(encode_plain(&decode(&turned.concat()).unwrap()), bytes);

    // Two sample types, one string, a location and a sample, without packs.
    let function = [0x2a, 2, 8, 9];
    let location = [0x22, 6, 8, 5, 0x22, 2, 8, 9];
    let sample = [0x12, 14, 8, 5, 0x10, 7, 8, 5, 0x0a, 2, 5, 5, 0x10, 8, 0x38, 1];
    let types = [0x0a, 0, 0x0a, 0];
    let message = [&types[..], &sample, &location, &function].concat();
    let read = decode(&message).unwrap();
    let found = read.samples.get(0).unwrap();
    assert_eq!((found.locations, found.values), (&[0, 0, 0, 0][..], &[7, 8][..]));
}

#[test]
fn of_a_field_that_comes_twice_the_last_one_counts_and_messages_are_merged() {
    let mut bytes = encode_plain(&fixtures::heap());
    // The period, and the kind of the period alone.
    bytes.extend([0x60, 5, 0x60, 6, 0x5a, 2, 8, 1, 0x7a, 3, 1, 2, 3]);
    let read = decode(&bytes).unwrap();
    assert_eq!(read.period, 6);
    let text = |text| read.strings.get(text);
    assert_eq!((text(read.period_type.kind), text(read.period_type.unit)), ("alloc_objects", "bytes"));
}

#[test]
fn a_field_of_the_wrong_kind_is_no_profile() {
    for wrong in [&[0x10, 1][..], &[0x62, 1, 5], &[0x30, 1], &[0x6d, 0, 0, 0, 0], &[0x7b, 0x7c]] {
        let mut bytes = encode_plain(&fixtures::heap());
        bytes.extend(wrong);
        assert_eq!(decode(&bytes).map(|_| ()), Err(DecodeError::NotAProfile), "{wrong:?}");
    }
}

#[test]
fn no_cut_and_no_changed_byte_makes_it_panic() {
    let bytes = encode_plain(&fixtures::heap());
    for at in 0..bytes.len() {
        let _ = decode(&bytes[..at]);
        for change in [0x01, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            if let Ok(profile) = decode(&changed) {
                let again = decode(&encode_plain(&profile)).unwrap();
                assert_eq!(again.samples.len(), profile.samples.len());
            }
        }
    }
}

#[test]
fn equal_strings_are_one_text() {
    let mut message = raw(&fixtures::heap());
    let copy = message.string_table.len() as i64;
    let role = message.string_table.iter().position(|s| s == b"role").unwrap();
    message.string_table.push(b"role".to_vec());
    for label in message.sample.iter_mut().flat_map(|sample| &mut sample.label) {
        if label.key == role as i64 {
            label.key = copy;
        }
    }
    let read = decode(&message.encode_to_vec()).unwrap();
    assert!(read.samples.iter().all(|sample| read.label(sample, "role").is_some()));
}
