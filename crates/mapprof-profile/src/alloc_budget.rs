//! How much memory a file from elsewhere may ask for: what its entries take is held against its length, since a hostile
//! one may have entries of a few bytes that take a hundred.

/// The most memory that a profile may take for each byte of its file, bytes. A value of a sample may be one byte in the
/// file and takes eight; what else has content takes less.
const MOST_PER_BYTE: usize = 10;

/// What any profile may take beside that, however small its file is, bytes.
const FREE: usize = 16 << 20;

/// What entries take at most, bytes: with their place in tables of ids, and while they are read.
pub mod taken {
    /// A sample without its parts.
    pub const SAMPLE: usize = 8;
    /// A location in the stack of a sample.
    pub const LOCATION_OF_SAMPLE: usize = 4;
    /// A value of a sample.
    pub const VALUE: usize = 8;
    /// A label of a sample.
    pub const LABEL: usize = 32;
    /// A mapping.
    pub const MAPPING: usize = 100;
    /// A location with a frame.
    pub const LOCATION: usize = 100;
    /// Each further frame of a location.
    pub const LINE: usize = 32;
    /// A function without its text.
    pub const FUNCTION: usize = 80;
    /// A string beside its bytes.
    pub const STRING: usize = 36;
    /// A stack of a dump with its figures, without its addresses.
    pub const ROW: usize = 120;
    /// A sample type.
    pub const SAMPLE_TYPE: usize = 32;
    /// A comment.
    pub const COMMENT: usize = 16;
}

/// The most frames that the stacks of a profile may have in all, inlined ones included, for each byte of its file: a stack
/// of locations that each stand for many frames is short in the file.
const FRAMES_PER_BYTE: usize = 8;

/// The most frames that the stacks of any profile may have in all, however small its file is.
const FREE_FRAMES: usize = 4 << 20;

/// What is left of the frames that a file may have.
#[derive(Debug, Clone, Copy)]
pub struct Frames {
    left: usize,
}

impl Frames {
    /// The frames of a file of so many bytes, unpacked.
    pub fn of(length: usize) -> Frames {
        Frames { left: length.saturating_mul(FRAMES_PER_BYTE).saturating_add(FREE_FRAMES) }
    }

    /// Takes those of a stack.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn take(&mut self, frames: usize) -> Result<(), Spent> {
        self.left = self.left.checked_sub(frames).ok_or(Spent)?;
        Ok(())
    }
}

/// What is left of the memory that a file may ask for.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    left: usize,
}

/// The budget is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent;

impl Budget {
    /// The budget of a file of so many bytes, unpacked.
    pub fn of(length: usize) -> Budget {
        Budget { left: length.saturating_mul(MOST_PER_BYTE).saturating_add(FREE) }
    }

    /// Takes so many bytes.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn take(&mut self, bytes: usize) -> Result<(), Spent> {
        self.left = self.left.checked_sub(bytes).ok_or(Spent)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_is_gone() {
        let mut budget = Budget::of(100);
        assert_eq!(budget.take(FREE + 900), Ok(()));
        assert_eq!(budget.take(101), Err(Spent));
        assert_eq!(budget.take(100), Ok(()));
        assert_eq!(budget.take(1), Err(Spent));
    }
}
