//! What the types of text keys share: look-ups borrow `str`, and a batch has their keys as letters.

/// Implements [`crate::workload::payload::Key`] for the text type `$text`, which is made of a `&str` by `$make`. `$block` is its block
/// by the length of the text.
macro_rules! text_key {
    ($text:ty, $name:literal, $rust:literal, $about:literal, $block:expr, $make:expr) => {
        impl crate::workload::payload::Key for $text {
            const INFO: crate::workload::payload::KeyInfo = crate::workload::payload::KeyInfo {
                name: $name,
                rust: $rust,
                about: $about,
                bytes: None,
                letters: true,
                layout: crate::workload::payload::Layout::with_block::<$text>($block),
            };
            type Ref = str;
            type Store = crate::workload::payload::Letters;

            #[inline]
            fn digest(key: &str) -> u64 {
                crate::workload::payload::digest_of_bytes(key.as_bytes())
            }

            #[inline]
            fn make(key: &str) -> $text {
                $make(key)
            }
        }
    };
}
pub(super) use text_key;
