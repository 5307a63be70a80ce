//! Which frames of a tree are shown: the widest ones.

use std::cmp::Reverse;

use super::overlay::Overlay;

/// The most frames that are shown.
pub(super) const MOST_SHOWN: usize = 20_000;

/// Which frames are shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selection {
    /// Those that have at least this share of all room by any measure,
    pub(super) share: f64,
    /// the widest so many of them,
    pub(super) most: usize,
    /// and whether all outermost ones are, however narrow: the frames that are drawn then add up to all.
    pub(super) outermost: bool,
}

impl Selection {
    /// The places of the frames that are shown, in their order, the one around all first. With a frame all those around it
    /// are shown.
    pub(super) fn of(self, tree: &Overlay) -> Vec<usize> {
        let all = tree.widths(0);
        let is_outermost =
            |place: usize| self.outermost && tree.nodes.get(place).is_some_and(|node| node.outer == 0);
        let least: Vec<u128> = all.iter().map(|all| ((*all as f64 * self.share) as u128).max(1)).collect();
        let wide = |place: usize, least: &[u128]| {
            tree.widths(place).iter().zip(least).any(|(width, least)| width >= least)
        };
        let from = |least: &[u128]| -> Vec<usize> {
            (1..tree.nodes.len()).filter(|place| is_outermost(*place) || wide(*place, least)).collect()
        };
        let mut places = from(&least);
        if places.is_empty() {
            // All are narrow, and the picture is one of the frame around them.
            places = from(&vec![1; all.len()]);
        }
        if places.len() > self.most {
            // The greatest share of any measure. Of a single one widths say it, and exactly.
            let share = |place: usize| match (tree.widths(place), all) {
                ([width], _) => *width,
                (widths, all) => {
                    let shares = widths.iter().zip(all).filter(|(_, all)| **all > 0);
                    let share = |(width, all): (&u128, &u128)| (*width as f64 / *all as f64 * 1e18) as u128;
                    shares.map(share).max().unwrap_or(0)
                }
            };
            let outermost = places.iter().filter(|place| is_outermost(**place)).count();
            // A frame is as wide as those inside of it or wider, and has a lower place.
            places.sort_by_cached_key(|place| (!is_outermost(*place), Reverse(share(*place)), *place));
            places.truncate(self.most.max(outermost));
            places.sort_unstable();
        }
        places.insert(0, 0);
        places
    }
}
