//! Protobuf's wire format: the fields of a message, read in place, and the numbers that messages are written of.

use super::DecodeError;

/// The value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// A number.
    Varint(u64),
    /// Bytes: a string, a message, or packed numbers.
    Bytes(&'a [u8]),
    /// A number of fixed width. No field of pprof has one, so it is not kept.
    Fixed,
}

impl<'a> Value<'a> {
    /// The number of a numeric field.
    pub fn number(self) -> Result<u64, DecodeError> {
        match self {
            Value::Varint(number) => Ok(number),
            _ => Err(DecodeError::NotAProfile),
        }
    }

    /// The same, signed: `int64` is the two's complement.
    pub fn signed(self) -> Result<i64, DecodeError> {
        self.number().map(|number| number as i64)
    }

    /// The bytes of a string or message.
    pub fn bytes(self) -> Result<&'a [u8], DecodeError> {
        match self {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(DecodeError::NotAProfile),
        }
    }

    /// Gives each number of a repeated field to `each`: one, or many in a pack.
    pub fn each(self, mut each: impl FnMut(u64) -> Result<(), DecodeError>) -> Result<(), DecodeError> {
        match self {
            Value::Varint(number) => each(number),
            Value::Bytes(mut pack) => {
                while !pack.is_empty() {
                    each(varint(&mut pack)?)?;
                }
                Ok(())
            }
            Value::Fixed => Err(DecodeError::NotAProfile),
        }
    }

    /// How many numbers a repeated field has. A pack may turn out to be damaged when it is read; it never has more.
    pub fn count(self) -> usize {
        match self {
            // Every byte but the last of a number has its highest bit set.
            Value::Bytes(pack) => pack.iter().map(|byte| usize::from(byte & 0x80 == 0)).sum(),
            _ => 1,
        }
    }
}

/// The fields of a message, in their order.
#[derive(Debug, Clone)]
pub struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    /// The next field: its number and value.
    ///
    /// # Errors
    /// When the bytes are no message. Groups, which protobuf gave up long ago, are none.
    #[inline]
    pub fn next(&mut self) -> Result<Option<(u32, Value<'a>)>, DecodeError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let key = varint(&mut self.0)?;
        let field = u32::try_from(key >> 3).ok().filter(|field| (1..1 << 29).contains(field));
        let field = field.ok_or(DecodeError::NotAProfile)?;
        let value = match key & 7 {
            VARINT => Value::Varint(varint(&mut self.0)?),
            1 => self.take(8).map(|_| Value::Fixed)?,
            BYTES => {
                let length = varint(&mut self.0)?;
                self.take(length).map(Value::Bytes)?
            }
            5 => self.take(4).map(|_| Value::Fixed)?,
            _ => return Err(DecodeError::NotAProfile),
        };
        Ok(Some((field, value)))
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], DecodeError> {
        let split = usize::try_from(length).ok().and_then(|length| self.0.split_at_checked(length));
        let (taken, rest) = split.ok_or(DecodeError::NotAProfile)?;
        self.0 = rest;
        Ok(taken)
    }
}

/// Takes a number from the front of `bytes`.
#[inline]
fn varint(bytes: &mut &[u8]) -> Result<u64, DecodeError> {
    let Some((first, rest)) = bytes.split_first() else { return Err(DecodeError::NotAProfile) };
    let mut number = u64::from(first & 0x7f);
    *bytes = rest;
    if *first < 0x80 {
        return Ok(number);
    }
    for shift in (7..64).step_by(7) {
        let Some((next, rest)) = bytes.split_first() else { return Err(DecodeError::NotAProfile) };
        *bytes = rest;
        number |= u64::from(next & 0x7f) << shift;
        if *next < 0x80 {
            // Of the tenth byte one bit is left.
            let fits = shift < 63 || *next < 2;
            return if fits { Ok(number) } else { Err(DecodeError::NotAProfile) };
        }
    }
    Err(DecodeError::NotAProfile)
}

/// The kind of a field that is a number.
pub const VARINT: u64 = 0;
/// The kind of a field that is bytes: a string, a message, or packed numbers.
pub const BYTES: u64 = 2;

/// Appends what a field begins with: its number and kind.
pub fn encode_key(field: u32, kind: u64, out: &mut Vec<u8>) {
    encode_varint(u64::from(field) << 3 | kind, out);
}

/// Appends a number, seven bits in each byte, the lowest ones first.
#[inline]
pub fn encode_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(pack: &[u8]) -> Result<Vec<u64>, DecodeError> {
        let mut found = Vec::new();
        Value::Bytes(pack).each(|number| {
            found.push(number);
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn numbers_of_every_length_are_read_as_they_are_written() {
        for power in 0..64 {
            for number in [(1u64 << power) - 1, 1 << power, u64::MAX >> power] {
                let mut pack = Vec::new();
                encode_varint(number, &mut pack);
                let mut general = Vec::new();
                prost::encoding::encode_varint(number, &mut general);
                assert_eq!(pack, general);
                pack.push(5);
                assert_eq!(numbers(&pack), Ok(vec![number, 5]));
                assert_eq!(Value::Bytes(&pack).count(), 2);
            }
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        assert_eq!(numbers(&[0x80]), Err(DecodeError::NotAProfile), "cut off");
        let mut eleven = [0xff; 10];
        assert_eq!(numbers(&eleven), Err(DecodeError::NotAProfile), "too long");
        eleven[9] = 2;
        assert_eq!(numbers(&eleven), Err(DecodeError::NotAProfile), "65 bits");
        eleven[9] = 1;
        assert_eq!(numbers(&eleven), Ok(vec![u64::MAX]));
    }

    #[test]
    fn fields_of_every_kind_are_stepped_over_and_groups_are_refused() {
        let bytes = [0x08, 7, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0x1a, 2, b'h', b'i', 0x25, 0, 0, 0, 0];
        let mut fields = Fields(&bytes);
        assert_eq!(fields.next(), Ok(Some((1, Value::Varint(7)))));
        assert_eq!(fields.next(), Ok(Some((2, Value::Fixed))));
        assert_eq!(fields.next(), Ok(Some((3, Value::Bytes(b"hi")))));
        assert_eq!(fields.next(), Ok(Some((4, Value::Fixed))));
        assert_eq!(fields.next(), Ok(None));
        for broken in [&[0x0b, 0x0c][..], &[0x0e], &[0x00, 0], &[0x1a, 3, 1], &[0x11, 0], &[0x08]] {
            assert_eq!(Fields(broken).next(), Err(DecodeError::NotAProfile), "{broken:?}");
        }
    }
}
