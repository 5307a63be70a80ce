//! Function names without what changes from build to build and means nothing.
//!
//! Left out are the hash that ends a name of the older Rust mangling, a crate's disambiguator in the newer one, the
//! numbers that compilers give to closures, `impl` blocks and copies of a function, and addresses that stand for a name.
//! Closures of one function are thereby one, since adding one renumbers those behind it.

use std::borrow::Cow;

/// Hex digits from which on brackets behind a name hold a disambiguator, and not a type.
const DISAMBIGUATOR: usize = 8;

/// Hex digits of the hash in `name::h0123456789abcdef`.
const HASH: usize = 16;

/// What compilers append to a copy of a function, with a number behind it.
const COPIES: &[&str] = &[".llvm", ".isra", ".part", ".constprop", ".lto_priv", ".cold"];

/// What Go calls a function without a name, with a number behind it.
const GO_CLOSURES: &[&str] = &["func", "gowrap", "deferwrap"];

/// `name` as it is in every build.
pub fn steady(name: &str) -> Cow<'_, str> {
    if address(name) {
        return Cow::Borrowed("0x…");
    }
    let cut = without_copies(name);
    let cut = without_hash(cut);
    if cut.contains(['[', '#']) {
        return Cow::Owned(without_numbers(cut));
    }
    if !cut.contains("::") && GO_CLOSURES.iter().any(|word| cut.contains(word)) {
        return Cow::Owned(without_go_numbers(cut));
    }
    Cow::Borrowed(cut)
}

fn all_hex(text: &str) -> bool {
    text.bytes().all(|c| c.is_ascii_hexdigit())
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit())
}

fn address(name: &str) -> bool {
    name.strip_prefix("0x").is_some_and(|rest| !rest.is_empty() && all_hex(rest))
}

fn without_copies(mut name: &str) -> &str {
    while let Some((before, number)) = name.rsplit_once('.')
        && all_digits(number)
        && let Some(rest) = COPIES.iter().find_map(|word| before.strip_suffix(word))
        && !rest.is_empty()
    {
        name = rest;
    }
    name
}

fn without_hash(name: &str) -> &str {
    match name.rsplit_once("::h") {
        Some((before, hash)) if hash.len() == HASH && all_hex(hash) && !before.is_empty() => before,
        _ => name,
    }
}

/// Without `[0123456789abcdef]` behind a name and without the number of `{closure#1}` and `{impl#2}`.
fn without_numbers(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find(['[', '#']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let (sign, inside) = from.split_at(1);
        let skipped = if sign == "[" {
            let after_name = out.ends_with(|c: char| c.is_alphanumeric() || c == '_');
            inside
                .find(']')
                .filter(|end| after_name && *end >= DISAMBIGUATOR && all_hex(&inside[..*end]))
                .map(|end| end + 1)
        } else {
            inside.find('}').filter(|end| all_digits(&inside[..*end]))
        };
        match skipped {
            Some(skipped) => rest = &inside[skipped..],
            None => {
                out.push_str(sign);
                rest = inside;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Without the numbers of `main.serve.func2.1`, and without those that follow such a word.
fn without_go_numbers(name: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let mut behind = false;
    for part in name.split('.') {
        if behind && all_digits(part) {
            continue;
        }
        let word = GO_CLOSURES.iter().find(|word| part.strip_prefix(**word).is_some_and(all_digits));
        behind = word.is_some();
        parts.push(word.unwrap_or(&part));
    }
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_adds_to_a_name_is_left_out() {
        let pairs = [
            (
                "hashbrown::raw::RawTable<T,A>::reserve_rehash::h0123456789abcdef",
                "hashbrown::raw::RawTable<T,A>::reserve_rehash",
            ),
            ("hashbrown[f0e1d2c3b4a59687]::raw::RawTable::reserve", "hashbrown::raw::RawTable::reserve"),
            ("<alloc[8f3f5b1c]::vec::Vec<u8>>::push", "<alloc::vec::Vec<u8>>::push"),
            ("app::serve::{closure#12}", "app::serve::{closure}"),
            ("alloc::vec::{impl#5}::clone::{closure#0}", "alloc::vec::{impl}::clone::{closure}"),
            ("je_arena_malloc.isra.0.constprop.3", "je_arena_malloc"),
            ("app::work.llvm.12345678901234567890", "app::work"),
            ("main.(*Server).serve.func2.1", "main.(*Server).serve.func"),
            ("main.main.func1.gowrap3", "main.main.func.gowrap"),
            ("0x55d0c0ffee", "0x…"),
        ];
        for (name, wanted) in pairs {
            assert_eq!(steady(name), wanted, "{name}");
            assert_eq!(steady(wanted), wanted, "a steady name stays");
        }
    }

    #[test]
    fn what_tells_functions_apart_stays() {
        for name in [
            "",
            "0x",
            ".llvm.1",
            "::h0123456789abcdef",
            "main.init.0",
            "main.function.1",
            "main.cold",
            "a.b[go.shape.int]",
            "core::slice::<impl [T]>::sort",
            "make::<[u8; 16]>",
            "f<[deadbeefdeadbeef]>",
            "app::hash::h1",
            "x[abc]",
            "a#",
            "[",
            "operator[]",
            "names::Grüße[日本語日本語日本語]",
            "app::func1",
        ] {
            assert_eq!(steady(name), name);
        }
    }
}
