//! Masks of 64 rows in four AVX-512 registers.

use std::arch::x86_64::*;

use crate::trees::evaluate::{Column, LANES};
use crate::trees::masks::{Masks, Split};

const WIDTH: usize = 16;
const GROUPS: usize = LANES / WIDTH;

/// See [`crate::trees::Evaluator::predict`]; `features` has a column for every split.
#[target_feature(enable = "avx512f,avx512cd")]
pub(crate) fn predict(masks: &Masks, features: &[Column], out: &mut Column) {
    let mut sums = [_mm512_set1_ps(masks.base_score); GROUPS];
    for tree in &masks.trees {
        let mut possible = [_mm512_set1_epi32(-1); GROUPS];
        narrow::<_CMP_NLT_UQ>(&masks.splits[tree.start..tree.middle], features, &mut possible);
        narrow::<_CMP_GE_OQ>(&masks.splits[tree.middle..tree.end], features, &mut possible);
        // SAFETY: a tree's leaves are two registers long and aligned to 64 bytes.
        let (low, high) = unsafe {
            let leaves = tree.leaves.0.as_ptr();
            (_mm512_load_ps(leaves), _mm512_load_ps(leaves.add(WIDTH)))
        };
        for (sum, possible) in sums.iter_mut().zip(possible) {
            let lowest = _mm512_and_si512(possible, _mm512_sub_epi32(_mm512_setzero_si512(), possible));
            // trailing zeros are 31 less the leading ones; a permutation reads the low five bits only
            let leaf = _mm512_xor_si512(_mm512_lzcnt_epi32(lowest), _mm512_set1_epi32(31));
            *sum = _mm512_add_ps(*sum, _mm512_permutex2var_ps(low, leaf, high));
        }
    }
    for (group, sum) in sums.into_iter().enumerate() {
        // SAFETY: four registers of 16 fill the 64 rows; columns are aligned to 64 bytes.
        unsafe { _mm512_store_ps(out.0.as_mut_ptr().add(group * WIDTH), sum) };
    }
}

/// Removes the left leaves of every split that `x OP threshold` sends right.
#[inline]
#[target_feature(enable = "avx512f,avx512cd")]
fn narrow<const OP: i32>(splits: &[Split], features: &[Column], possible: &mut [__m512i; GROUPS]) {
    for split in splits {
        let column = &features[split.feature as usize];
        let threshold = _mm512_set1_ps(split.threshold);
        let keep = _mm512_set1_epi32(split.keep as i32);
        for (group, possible) in possible.iter_mut().enumerate() {
            // SAFETY: four registers of 16 fill the 64 rows; columns are aligned to 64 bytes.
            let x = unsafe { _mm512_load_ps(column.0.as_ptr().add(group * WIDTH)) };
            let right = _mm512_cmp_ps_mask::<OP>(x, threshold);
            *possible = _mm512_mask_and_epi32(*possible, right, *possible, keep);
        }
    }
}
