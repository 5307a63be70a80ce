//! Numbers as people type them, in flags, workload files and budgets: `100k`, `1e6`, `10_000`, `1.5M`, `64K`.
//!
//! A number is digits, with `_` between them if you like, a fraction and an exponent, and then a unit. Which units fit,
//! and how much each is, depends on what the number is of. What a number may be depends on the field: callers check that.

use std::ops::RangeInclusive;

/// A unit: its name, and how much it is.
pub type Unit = (&'static str, f64);

/// Units of counts: entries, operations, rows.
pub const COUNTS: &[Unit] = &[("k", 1e3), ("K", 1e3), ("M", 1e6), ("G", 1e9)];

/// Units of bytes. A letter alone is binary, as in dd and in jemalloc's options; with a B it is decimal.
pub const BYTES: &[Unit] = &[
    ("B", 1.0),
    ("bytes", 1.0),
    ("k", 1024.0),
    ("K", 1024.0),
    ("kB", 1e3),
    ("KB", 1e3),
    ("KiB", 1024.0),
    ("M", 1_048_576.0),
    ("MB", 1e6),
    ("MiB", 1_048_576.0),
    ("G", 1_073_741_824.0),
    ("GB", 1e9),
    ("GiB", 1_073_741_824.0),
];

/// A number with its unit, as it was typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    /// Sign, digits, point and exponent, as Rust reads them.
    digits: String,
    /// How much its unit is; 1 without one.
    unit: f64,
}

/// What is wrong with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong<'t> {
    /// It does not begin with a number.
    NoNumber,
    /// What follows the number is no unit that fits.
    Unit(&'t str),
    /// It is beyond what a number can be.
    TooLarge,
    /// A whole number is wanted, and it is none.
    Fraction,
    /// It is below zero.
    Negative,
}

/// The number that `text` writes, with one of `units` or none.
///
/// # Errors
/// When it begins with no number, or what follows is none of `units`.
pub fn parse<'t>(text: &'t str, units: &[Unit]) -> Result<Number, Wrong<'t>> {
    let text = text.trim();
    let (digits, name) = text.split_at_checked(length(text)).unwrap_or((text, ""));
    let bytes = digits.as_bytes();
    let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let lost = |at: usize| !is_digit(at.checked_sub(1)) || !is_digit(Some(at + 1));
    if digits.match_indices('_').any(|(at, _)| lost(at)) {
        return Err(Wrong::NoNumber);
    }
    let digits = digits.replace('_', "");
    digits.parse::<f64>().map_err(|_| Wrong::NoNumber)?;
    let name = name.trim();
    let unit = match units.iter().find(|(known, _)| *known == name) {
        Some((_, unit)) => *unit,
        None if name.is_empty() => 1.0,
        None => return Err(Wrong::Unit(name)),
    };
    Ok(Number { digits, unit })
}

/// The whole number within `range` that `text` writes, with one of `units` or none.
///
/// # Errors
/// What is wrong and what would be right: the end of a sentence that begins with what the number is of.
pub fn whole(text: &str, units: &[Unit], range: RangeInclusive<u64>) -> Result<u64, String> {
    let beyond = || format!("must be from {} to {}", grouped(*range.start()), grouped(*range.end()));
    match parse(text, units).and_then(|number| number.whole()) {
        Ok(number) if range.contains(&number) => Ok(number),
        Ok(_) | Err(Wrong::Negative | Wrong::TooLarge) => Err(beyond()),
        Err(Wrong::Unit(_)) => {
            let names: Vec<&str> = units.iter().map(|(name, _)| *name).collect();
            Err(format!("must be a whole number, alone or with one of {}", names.join(", ")))
        }
        Err(Wrong::NoNumber) => {
            Err("must be a whole number, such as 100000, 100_000, 100k or 1e5".to_owned())
        }
        Err(Wrong::Fraction) => Err("must be a whole number (1.5k is one, 1.5 is not)".to_owned()),
    }
}

impl Number {
    /// The nearest number of 64 bits with a fraction.
    ///
    /// # Errors
    /// When it is too large.
    pub fn real(&self) -> Result<f64, Wrong<'static>> {
        let number: f64 = self.digits.parse().map_err(|_| Wrong::NoNumber)?;
        // A share in percent, so that 7 % is the nearest number to 0.07 and not the product.
        let value = if self.unit == 0.01 { number / 100.0 } else { number * self.unit };
        if value.is_finite() { Ok(value) } else { Err(Wrong::TooLarge) }
    }

    /// The whole number that it is, exactly.
    ///
    /// # Errors
    /// When it is none, below zero, or has more than 64 bits.
    pub fn whole(&self) -> Result<u64, Wrong<'static>> {
        let (mantissa, exponent) = self.digits.split_once(['e', 'E']).unwrap_or((&self.digits, "0"));
        let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all: String = before.chars().chain(after.chars()).filter(char::is_ascii_digit).collect();
        let significant = all.trim_end_matches('0');
        let shift = (all.len() - significant.len()) as i64 - after.len() as i64;
        let significant = significant.trim_start_matches('0');
        if significant.is_empty() {
            return Ok(0);
        }
        if mantissa.starts_with('-') {
            return Err(Wrong::Negative);
        }
        // An exponent beyond 64 bits is beyond all numbers too.
        let most = if exponent.starts_with('-') { i64::MIN / 2 } else { i64::MAX / 2 };
        let shift = exponent.parse::<i64>().unwrap_or(most).clamp(-(1 << 40), 1 << 40).saturating_add(shift);
        let beyond = if shift < 0 { Wrong::Fraction } else { Wrong::TooLarge };
        let unit = self.unit as u128;
        let digits = significant.parse::<u128>().ok().and_then(|digits| digits.checked_mul(unit));
        let power = u32::try_from(shift.unsigned_abs()).ok().and_then(|power| 10u128.checked_pow(power));
        let (Some(digits), Some(power)) = (digits, power) else { return Err(beyond) };
        let number = match shift < 0 {
            true if digits % power != 0 => return Err(Wrong::Fraction),
            true => Some(digits / power),
            false => digits.checked_mul(power),
        };
        number.and_then(|number| u64::try_from(number).ok()).ok_or(Wrong::TooLarge)
    }
}

/// How many bytes at the beginning of `text` are a number: a sign, digits with `_`, a point, an exponent.
fn length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(|byte| byte.is_ascii_digit());
    let mut end = 0;
    while let Some(byte) = bytes.get(end) {
        end += match byte {
            b'0'..=b'9' | b'_' | b'.' => 1,
            b'-' | b'+' if end == 0 => 1,
            b'e' | b'E' if end > 0 && is_digit(end + 1) => 2,
            b'e' | b'E'
                if end > 0 && matches!(bytes.get(end + 1), Some(b'-' | b'+')) && is_digit(end + 2) =>
            {
                3
            }
            _ => break,
        };
    }
    end
}

/// A whole number with `_` between groups of three digits, as TOML has it.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
#[path = "number_parse_tests.rs"]
mod tests;
