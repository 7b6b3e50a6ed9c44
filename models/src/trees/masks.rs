//! Trees of up to 32 leaves as bit masks (QuickScorer: Lucchese et al., SIGIR 2015).
//!
//! A row starts with every leaf of a tree possible, one bit each, leftmost leaf lowest. Every split the row does not
//! pass removes the leaves of its left side. The lowest bit left is the leaf the row reaches. Splits may be taken in any
//! order, so that many rows are compared with one threshold at a time and nothing branches.

use crate::trees::{Ensemble, Node};

/// Leaves a mask has room for.
pub(crate) const LEAVES: usize = 32;

/// One split.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Split {
    pub(crate) feature: u32,
    pub(crate) threshold: f32,
    /// Leaves still possible for a row that goes right.
    pub(crate) keep: u32,
}

/// One tree: its splits are `splits[start..middle]`, where missing values go right, and `splits[middle..end]`, where
/// they go left.
#[derive(Debug, Clone)]
pub(crate) struct MaskTree {
    pub(crate) start: usize,
    pub(crate) middle: usize,
    pub(crate) end: usize,
    pub(crate) leaves: Leaves,
}

/// Values of the leaves from left to right, unused ones 0.
#[derive(Debug, Clone)]
#[repr(align(64))]
pub(crate) struct Leaves(pub(crate) [f32; LEAVES]);

/// All trees of an ensemble.
#[derive(Debug, Clone)]
pub(crate) struct Masks {
    pub(crate) base_score: f32,
    pub(crate) splits: Vec<Split>,
    pub(crate) trees: Vec<MaskTree>,
}

impl Masks {
    /// `None` if a tree has more leaves than a mask has bits.
    pub(crate) fn new(ensemble: &Ensemble) -> Option<Self> {
        let mut masks = Self { base_score: ensemble.base_score(), splits: Vec::new(), trees: Vec::new() };
        for tree in ensemble.trees() {
            let mut leaves = Vec::new();
            let mut splits = Vec::new();
            collect(tree, 0, &mut leaves, &mut splits);
            if leaves.len() > LEAVES {
                return None;
            }
            let start = masks.splits.len();
            masks.splits.extend(splits.iter().filter(|(_, missing_left)| !missing_left).map(|(split, _)| split));
            let middle = masks.splits.len();
            masks.splits.extend(splits.iter().filter(|(_, missing_left)| *missing_left).map(|(split, _)| split));
            let mut values = [0.0; LEAVES];
            values[..leaves.len()].copy_from_slice(&leaves);
            masks.trees.push(MaskTree { start, middle, end: masks.splits.len(), leaves: Leaves(values) });
        }
        Some(masks)
    }
}

/// Appends the leaves under `at` from left to right, and its splits. Depth is bounded by [`Ensemble::parse`].
fn collect(tree: &[Node], at: usize, leaves: &mut Vec<f32>, splits: &mut Vec<(Split, bool)>) {
    match tree[at] {
        Node::Leaf(value) => leaves.push(value),
        Node::Split { feature, threshold, missing_left, left, right, .. } => {
            let first = leaves.len();
            collect(tree, left as usize, leaves, splits);
            let keep = !bits(first, leaves.len());
            splits.push((Split { feature, threshold, keep }, missing_left));
            collect(tree, right as usize, leaves, splits);
        }
    }
}

/// Bits `from..to`, as far as there are any.
fn bits(from: usize, to: usize) -> u32 {
    let below = |n: usize| if n >= LEAVES { u32::MAX } else { (1 << n) - 1 };
    below(to) & !below(from)
}
