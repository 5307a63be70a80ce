//! Bijective mixing: how ids become key codes and tags that look random and never collide.

/// The increment of SplitMix64, 2^64 divided by the golden ratio.
pub const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The finalizer of SplitMix64 (Steele, Lea and Flood 2014, with Stafford's mix 13): a bijection on 64 bits.
#[inline]
pub fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// A bijection on the numbers below 2^`bits`, for `bits` from 1 to 64. It is [`mix`] at 64 bits; below that, three
/// rounds of the same two steps, each of which is a bijection on any number of bits: a product with an odd factor,
/// cut off at the width, and an exclusive or with one's own high half.
#[inline]
pub fn mix_within(x: u64, bits: u32) -> u64 {
    if bits >= 64 {
        return mix(x);
    }
    let mask = (1u64 << bits) - 1;
    let half = bits.div_ceil(2);
    let mut x = x & mask;
    for factor in [0xBF58_476D_1CE4_E5B9, 0x94D0_49BB_1331_11EB, GOLDEN] {
        x ^= x >> half;
        x = x.wrapping_mul(factor) & mask;
    }
    x ^ (x >> half)
}

/// A number below `n` from 64 random bits: the high half of their product (Lemire 2019, without the rejection; the
/// odds are off by less than n / 2^64). 0 if `n` is 0.
#[inline]
pub fn below(bits: u64, n: u64) -> u64 {
    ((u128::from(bits) * u128::from(n)) >> 64) as u64
}

/// A number in [0, 1) from the high 53 of 64 random bits.
#[inline]
pub fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixing_within_few_bits_is_a_bijection() {
        for bits in [1, 2, 3, 6, 8, 12, 16] {
            let n = 1u64 << bits;
            let mut seen = vec![false; n as usize];
            for x in 0..n {
                seen[mix_within(x, bits) as usize] = true;
            }
            assert!(seen.iter().all(|&s| s), "{bits} bits");
        }
    }

    #[test]
    fn picks_stay_below() {
        assert_eq!(below(u64::MAX, 10), 9);
        assert_eq!(below(0, 10), 0);
        assert_eq!(below(u64::MAX, 0), 0);
        assert!(unit(u64::MAX) < 1.0);
    }
}
