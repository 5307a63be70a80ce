//! The standard library's `BTreeMap`: nodes, and the bytes that they take.
//!
//! Source: `alloc::collections::btree::node` of the standard library, B = 6: a node has at most 2 B - 1 = 11 entries, and
//! all but the root at least B - 1 = 5. A leaf has the entries, a pointer to its parent and two 16-bit numbers; an
//! internal node is a leaf with 12 pointers to children. `splitpoint` divides a full node where an entry is to be put in
//! behind the 7th: the left half keeps 6, one goes up, and the right half has 4 and the new one.

use super::bounds::Span;
use crate::maps::b_tree;

/// Entries of a full node.
const FULL: u64 = b_tree::FULL as u64;

/// Bytes of a pointer to a node.
const POINTER: u64 = size_of::<usize>() as u64;

/// Entries that stay in a node which was divided at its end.
const KEPT: u64 = 6;

/// Entries of the node beside it: what is left and the new one.
const BEGUN: u64 = 5;

/// Bytes of the two kinds of nodes.
#[derive(Debug, Clone, Copy)]
pub struct Nodes {
    leaf: u64,
    internal: u64,
}

impl Nodes {
    /// The nodes of a `BTreeMap` whose keys and values have these sizes and alignments, bytes.
    pub fn of(key: (u64, u64), value: (u64, u64)) -> Nodes {
        // The compiler sorts the fields of a leaf by their alignment, so that only its end is padded.
        let align = key.1.max(value.1).max(POINTER);
        let leaf = (POINTER + 2 * size_of::<u16>() as u64 + FULL * (key.0 + value.0)).next_multiple_of(align);
        Nodes { leaf, internal: (leaf + (FULL + 1) * POINTER).next_multiple_of(align) }
    }

    /// Bytes after `entries` insertions, each of a key above all others, into an empty tree.
    ///
    /// Only the rightmost node of each level is ever divided: first when it gets a 12th entry, and then each time that
    /// 7 more have come, since the new node begins with 5 of its 11. Each division sends one entry to the level above,
    /// where the same holds.
    pub fn ascending(self, entries: u64) -> u64 {
        if entries == 0 {
            return 0;
        }
        let divisions =
            |arrivals: u64| if arrivals <= FULL { 0 } else { 1 + (arrivals - FULL - 1) / (KEPT + 1) };
        const { assert!(FULL + 1 - BEGUN == KEPT + 1) };
        let mut sent_up = divisions(entries);
        let mut bytes = (sent_up + 1) * self.leaf;
        while sent_up > 0 {
            let above = divisions(sent_up);
            bytes += (above + 1) * self.internal;
            sent_up = above;
        }
        bytes
    }

    /// Bounds of the bytes of any tree with so many entries. A tree that has run empty keeps a leaf.
    ///
    /// With L leaves there are L - 1 entries above them, so L lies between (n + 1) / 12 and (n + 1) / 6; on each level
    /// above, nodes have 6 to 12 children.
    pub fn any(self, entries: u64) -> Span {
        let tree = |leaves: u64, above: &dyn Fn(u64) -> u64| {
            let mut bytes = leaves * self.leaf;
            let mut nodes = leaves;
            while nodes > 1 {
                nodes = above(nodes).max(1);
                bytes += nodes * self.internal;
            }
            bytes
        };
        Span {
            low: tree((entries + 1).div_ceil(FULL + 1), &|nodes| nodes.div_ceil(FULL + 1)),
            high: tree(((entries + 1) / (BEGUN + 1)).max(1), &|nodes| nodes / (BEGUN + 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::maps::b_tree::Leaf;

    #[allow(dead_code, reason = "only its size is asked for")]
    #[repr(C)]
    struct Internal<K, V> {
        data: Leaf<K, V>,
        edges: [std::ptr::NonNull<u8>; FULL as usize + 1],
    }

    /// The nodes of a tree of these types, which must be as large as the compiler makes them.
    #[track_caller]
    fn nodes_of<K, V>() -> Nodes {
        let layout = |size: usize, align: usize| (size as u64, align as u64);
        let nodes =
            Nodes::of(layout(size_of::<K>(), align_of::<K>()), layout(size_of::<V>(), align_of::<V>()));
        assert_eq!(nodes.leaf, size_of::<Leaf<K, V>>() as u64);
        assert_eq!(nodes.internal, size_of::<Internal<K, V>>() as u64);
        nodes
    }

    #[test]
    fn nodes_are_as_large_as_the_compiler_makes_them() {
        nodes_of::<String, ()>();
        nodes_of::<u32, bool>();
        nodes_of::<[u8; 3], u16>();
        nodes_of::<u128, [u8; 7]>();
        nodes_of::<bool, u128>();
    }

    #[test]
    fn nodes_have_the_sizes_of_the_standard_librarys() {
        let nodes = nodes_of::<u64, u64>();
        assert_eq!((nodes.leaf, nodes.internal), (192, 288));
        let nodes = nodes_of::<u64, ()>();
        assert_eq!((nodes.leaf, nodes.internal), (104, 200));
    }

    #[test]
    fn a_million_ascending_entries_cost_what_was_measured() {
        assert_eq!(nodes_of::<u64, u64>().ascending(1_000_000), 34_284_960);
    }

    #[test]
    fn small_trees_by_hand() {
        let nodes = nodes_of::<u64, u64>();
        assert_eq!(nodes.ascending(0), 0);
        assert_eq!(nodes.ascending(11), 192);
        assert_eq!(nodes.ascending(12), 2 * 192 + 288);
        assert_eq!(nodes.ascending(18), 2 * 192 + 288);
        assert_eq!(nodes.ascending(19), 3 * 192 + 288);
        // The 12th division sends a 12th entry into the only internal node.
        assert_eq!(nodes.ascending(12 + 7 * 11 - 1), 12 * 192 + 288);
        assert_eq!(nodes.ascending(12 + 7 * 11), 13 * 192 + 3 * 288);
        assert_eq!(nodes.any(10), Span { low: 192, high: 192 });
        assert_eq!(nodes.any(11), Span { low: 192, high: 2 * 192 + 288 });
        assert_eq!(nodes.any(0), Span { low: 192, high: 192 });
    }

    #[test]
    fn ascending_trees_lie_within_the_bounds_of_any_tree() {
        let nodes = nodes_of::<u64, u64>();
        for entries in 1..5000 {
            let (bytes, any) = (nodes.ascending(entries), nodes.any(entries));
            assert!(any.low <= bytes && bytes <= any.high, "{entries}: {bytes} {any:?}");
        }
    }
}
