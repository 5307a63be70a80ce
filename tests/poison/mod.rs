//! Text that a hostile file may hold, put into every place of a document where text can be, and the rules for what may
//! come out. The places are found by walking the document, so a new field is tried as soon as a file has it.

use serde_json::Value;

/// What terminals, CI services, browsers, spreadsheets and readers of Markdown obey.
const POISON: &str = "\u{1b}[31m\u{9b}1m\t\r\n::error::pwned\u{202e}\u{2066}\u{200b}\u{2028}\u{7f}\u{ad}\u{e0041}\u{f0000}<x-pwned>|`*##[error]pwned,\"";

/// Characters that may never come out, but for line breaks.
const HIDDEN: &str = "\u{202e}\u{2066}\u{200b}\u{2028}\u{ad}\u{e0041}\u{f0000}";

/// A string of a file with all of it around.
pub fn poisoned(text: &str) -> String {
    format!("=x{POISON}{text}{POISON}")
}

/// Whether a text is free of characters that are obeyed or not seen.
pub fn is_clean(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && c != '\n' || HIDDEN.contains(c))
}

/// What is printed on a terminal or into the log of a CI service.
#[track_caller]
pub fn assert_printable(what: &str, text: &str) {
    assert!(is_clean(text), "{what}: hidden characters in {text:?}");
    let command = |line: &str| line.trim_start().starts_with("::error::pwned");
    assert!(!text.lines().any(command) && !text.contains("##[error]"), "{what}: a command in {text}");
}

/// SVG, XML and Markdown.
#[track_caller]
pub fn assert_no_markup(what: &str, text: &str) {
    assert!(is_clean(text), "{what}: hidden characters in {text:?}");
    assert!(!text.contains("<x-pwned"), "{what}: markup in {text}");
}

/// Every string of a JSON value.
#[track_caller]
pub fn assert_strings_clean(what: &str, value: &Value) {
    for place in places(value) {
        let text = get(value, &place);
        assert!(is_clean(text), "{what}: {place:?} is {text:?}");
    }
}

/// A step into a JSON value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Field(String),
    Member(usize),
    /// The name of a field itself.
    Name(String),
}

/// Every place of a JSON value that has text: strings, and the names of fields.
pub fn places(value: &Value) -> Vec<Vec<Step>> {
    let mut found = Vec::new();
    walk(value, &mut Vec::new(), &mut found);
    found
}

fn walk(value: &Value, path: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
    let mut inside = |step: Step, value: &Value, path: &mut Vec<Step>| {
        path.push(step);
        walk(value, path, found);
        path.pop();
    };
    match value {
        Value::String(_) => found.push(path.clone()),
        Value::Array(members) => {
            members.iter().enumerate().for_each(|(n, member)| inside(Step::Member(n), member, path));
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                inside(Step::Field(name.clone()), field, path);
            }
            for name in fields.keys() {
                found.push([path.as_slice(), &[Step::Name(name.clone())]].concat());
            }
        }
        _ => {}
    }
}

fn get<'a>(value: &'a Value, place: &'a [Step]) -> &'a str {
    match place {
        [] => value.as_str().expect("a place has text"),
        [Step::Name(name)] => name,
        [Step::Field(name), rest @ ..] => get(&value[name], rest),
        [Step::Member(n), rest @ ..] => get(&value[n], rest),
        _ => panic!("{place:?}"),
    }
}

/// Puts the poison at a place.
pub fn poison(value: &mut Value, place: &[Step]) {
    match place {
        [] => *value = poisoned(value.as_str().expect("a place has text")).into(),
        [Step::Name(name)] => {
            let fields = value.as_object_mut().expect("names are of fields");
            let field = fields.remove(name).expect("it is there");
            fields.insert(poisoned(name), field);
        }
        [Step::Field(name), rest @ ..] => poison(&mut value[name], rest),
        [Step::Member(n), rest @ ..] => poison(&mut value[n], rest),
        _ => panic!("{place:?}"),
    }
}

/// One place of each kind: of the members of an array, and of the fields of an object that are all objects (a table of
/// metrics), the first that has it.
pub fn kinds(value: &Value) -> Vec<Vec<Step>> {
    let mut seen = std::collections::BTreeSet::new();
    places(value).into_iter().filter(|place| seen.insert(kind(value, place))).collect()
}

fn kind(value: &Value, place: &[Step]) -> String {
    let table =
        value.as_object().is_some_and(|fields| fields.len() > 2 && fields.values().all(Value::is_object));
    match place {
        [] => String::new(),
        [Step::Name(_), ..] if table => "*".to_owned(),
        [Step::Name(name), ..] => format!("name {name}"),
        [Step::Field(name), rest @ ..] if table => format!("*.{}", kind(&value[name], rest)),
        [Step::Field(name), rest @ ..] => format!("{name}.{}", kind(&value[name], rest)),
        [Step::Member(n), rest @ ..] => format!("#.{}", kind(&value[n], rest)),
    }
}

/// A pprof message with each of its strings changed: `change` is told which one it is, from 0.
pub fn with_strings(mut message: &[u8], mut change: impl FnMut(usize, &str) -> Option<String>) -> Vec<u8> {
    use prost::encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint};
    let mut out = Vec::new();
    let mut number = 0;
    while !message.is_empty() {
        let (field, kind) = decode_key(&mut message).expect("a message");
        encode_key(field, kind, &mut out);
        let value = decode_varint(&mut message).expect("all fields of pprof are numbers or have a length");
        if kind != WireType::LengthDelimited {
            encode_varint(value, &mut out);
            continue;
        }
        let (content, rest) = message.split_at(value as usize);
        message = rest;
        let text = (field == 6).then(|| std::str::from_utf8(content).expect("text"));
        let changed = text.and_then(|text| change(number, text));
        number += usize::from(field == 6);
        let content = changed.as_deref().map_or(content, str::as_bytes);
        encode_varint(content.len() as u64, &mut out);
        out.extend_from_slice(content);
    }
    out
}
