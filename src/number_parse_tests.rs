//! Numbers as people type them, and as they mistype them.

use super::*;

fn count(text: &str) -> Result<u64, String> {
    whole(text, COUNTS, 0..=u64::MAX)
}

fn bytes(text: &str) -> Result<u64, String> {
    whole(text, BYTES, 0..=u64::MAX)
}

#[test]
fn counts_are_decimal() {
    for (text, due) in [
        ("0", 0),
        ("100000", 100_000),
        ("10_000", 10_000),
        ("100k", 100_000),
        ("64K", 64_000),
        ("1e6", 1_000_000),
        ("2.5E3", 2500),
        ("1M", 1_000_000),
        ("1.5M", 1_500_000),
        ("1.5k", 1500),
        ("1.0", 1),
        ("0.001k", 1),
        ("1500e-2", 15),
        ("1_000.5k", 1_000_500),
        (" 3 k ", 3000),
        ("+7", 7),
        ("0e999999999999999999999", 0),
        ("-0", 0),
        ("1.00000000000000000000000000000000000000000000000000", 1),
        ("00000000000000000000000000000000000000000000000000002", 2),
    ] {
        assert_eq!(count(text), Ok(due), "{text}");
    }
}

#[test]
fn bytes_are_binary_by_a_letter_and_decimal_with_a_b() {
    for (text, due) in [
        ("64K", 65_536),
        ("64k", 65_536),
        ("64KiB", 65_536),
        ("64kB", 64_000),
        ("1.5M", 1_572_864),
        ("1MiB", 1 << 20),
        ("1 MB", 1_000_000),
        ("2G", 2 << 30),
        ("512 B", 512),
        ("0.5K", 512),
    ] {
        assert_eq!(bytes(text), Ok(due), "{text}");
    }
}

/// A seed has all 64 bits, which a number with a fraction does not.
#[test]
fn whole_numbers_are_exact() {
    assert_eq!(count("18446744073709551615"), Ok(u64::MAX));
    assert_eq!(count("18_446_744_073_709_551_615"), Ok(u64::MAX));
    assert_eq!(count("18446744073709551.615k"), Ok(u64::MAX));
    assert_eq!(count("9007199254740993"), Ok((1 << 53) + 1));
    assert_eq!(bytes("17179869183.5G"), Ok(17_179_869_183 * (1 << 30) + (1 << 29)));
}

#[test]
fn each_mistake_is_told_what_would_be_right() {
    for (text, says) in [
        ("1.5", "must be a whole number (1.5k is one, 1.5 is not)"),
        ("1.0001k", "must be a whole number (1.5k is one"),
        ("1e-1", "must be a whole number (1.5k is one"),
        ("1e-99999999999999999999", "must be a whole number (1.5k is one"),
        ("18446744073709551616", "must be from 0 to 18_446_744_073_709_551_615"),
        ("18446744073709551615k", "must be from 0 to"),
        ("1e20", "must be from 0 to"),
        ("1e99999999999999999999", "must be from 0 to"),
        ("340282366920938463463374607431768211457", "must be from 0 to"),
        ("-1", "must be from 0 to"),
        ("-1.5k", "must be from 0 to"),
        ("5x", "must be a whole number, alone or with one of k, K, M, G"),
        ("5MiB", "alone or with one of k, K, M, G"),
        ("5kk", "alone or with one of k, K, M, G"),
        ("10,000", "alone or with one of k, K, M, G"),
    ] {
        let said = count(text).unwrap_err();
        assert!(said.starts_with("must be ") && said.contains(says), "{text}: {said}");
        assert_eq!(said.lines().count(), 1);
    }
    for text in
        ["", " ", "k", "many", "_1", "1_", "1__0", "1_k", "1._5", ".", "-", "--5", "1.2.3", "inf", "NaN", "µ"]
    {
        let said = count(text).unwrap_err();
        assert!(said.contains("such as 100000, 100_000, 100k or 1e5"), "{text}: {said}");
    }
    assert_eq!(whole("20k", COUNTS, 1..=10_000), Err("must be from 1 to 10_000".to_owned()));
    assert_eq!(whole("0", COUNTS, 1..=10_000), Err("must be from 1 to 10_000".to_owned()));
}

#[test]
fn numbers_with_a_fraction_are_the_nearest() {
    let real = |text, units: &[Unit]| parse(text, units).and_then(|number| number.real());
    assert_eq!(real("7%", &[("%", 0.01)]), Ok(0.07));
    assert_eq!(real("1.5k", COUNTS), Ok(1500.0));
    assert_eq!(real("-2.5", COUNTS), Ok(-2.5));
    assert_eq!(real("1e999", COUNTS), Err(Wrong::TooLarge));
    assert_eq!(real("nan", COUNTS), Err(Wrong::NoNumber));
}

#[test]
fn groups_have_three_digits() {
    assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1_000", "1_234_567"]);
}
