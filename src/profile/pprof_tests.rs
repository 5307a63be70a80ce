//! Encoding, decoding, the strict reader's rules, and what a broken file says.

use prost::Message;

use super::*;
use crate::profile::planted;

fn raw(profile: &Profile) -> proto::Profile {
    proto::Profile::decode(unpack(&encode(profile)).unwrap().as_slice()).unwrap()
}

fn reread(change: impl FnOnce(&mut proto::Profile)) -> Result<Profile, DecodeError> {
    let mut message = raw(&planted::heap());
    change(&mut message);
    decode(&message.encode_to_vec())
}

#[test]
fn a_profile_survives_the_way_there_and_back() {
    for profile in [planted::heap(), planted::cpu(), planted::foreign()] {
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
fn strings_that_nothing_names_are_left_out() {
    let mut profile = planted::heap();
    let bytes = encode(&profile);
    profile.strings.add("a name that was looked up and dropped");
    assert_eq!(encode(&profile), bytes);
}

#[test]
fn a_number_label_keeps_its_unit() {
    let mut profile = planted::foreign();
    let (key, unit) = (profile.strings.add("bytes"), profile.strings.add("bytes"));
    profile.samples = profile.samples.labelled(Label { key, value: LabelValue::Number(64, unit) });
    let read = decode(&encode(&profile)).unwrap();
    let LabelValue::Number(number, unit) = read.samples.get(1).unwrap().labels[0].value else { panic!() };
    assert_eq!((number, read.strings.get(unit)), (64, "bytes"));
}

#[test]
fn the_strictest_reader_is_content() {
    for profile in [planted::heap(), planted::cpu(), planted::foreign()] {
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
    assert_eq!(reread(|_| ()).unwrap().samples.len(), planted::heap().samples.len());
}

#[test]
fn a_profile_without_samples_is_a_profile() {
    assert!(reread(|message| message.sample.clear()).unwrap().samples.is_empty());
}

#[test]
fn broken_files_say_what_is_broken() {
    let says = |bytes: &[u8]| decode(bytes).unwrap_err().to_string();
    assert_eq!(says(b""), "the file is empty");
    let bytes = encode(&planted::heap());
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

#[test]
fn a_gzip_bomb_stops_at_the_limit() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let zeros = vec![0u8; 1 << 20];
    for _ in 0..=UNPACKED_LIMIT >> 20 {
        std::io::Write::write_all(&mut gzip, &zeros).unwrap();
    }
    assert_eq!(decode(&gzip.finish().unwrap()).unwrap_err(), DecodeError::TooLarge);
}
