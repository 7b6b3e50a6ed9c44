//! Masks of 64 rows in eight AVX2 registers.

use std::arch::x86_64::*;

use crate::trees::evaluate::{Column, LANES};
use crate::trees::masks::{Masks, Split};

const WIDTH: usize = 8;
const GROUPS: usize = LANES / WIDTH;

/// See [`crate::trees::Evaluator::predict`]; `features` has a column for every split.
#[target_feature(enable = "avx2")]
pub(crate) fn predict(masks: &Masks, features: &[Column], out: &mut Column) {
    out.0 = [masks.base_score; LANES];
    for tree in &masks.trees {
        let mut possible = [_mm256_set1_epi32(-1); GROUPS];
        narrow::<_CMP_NLT_UQ>(&masks.splits[tree.start..tree.middle], features, &mut possible);
        narrow::<_CMP_GE_OQ>(&masks.splits[tree.middle..tree.end], features, &mut possible);
        let leaves = tree.leaves.0.as_ptr();
        // SAFETY: a tree's leaves are four registers long and aligned to 64 bytes.
        let quarters = unsafe { [0, 1, 2, 3].map(|quarter| _mm256_load_ps(leaves.add(quarter * WIDTH))) };
        for (group, possible) in possible.into_iter().enumerate() {
            let value = leaf(possible, quarters);
            // SAFETY: eight registers of 8 fill the 64 rows; columns are aligned to 64 bytes.
            unsafe {
                let sum = out.0.as_mut_ptr().add(group * WIDTH);
                _mm256_store_ps(sum, _mm256_add_ps(_mm256_load_ps(sum), value));
            }
        }
    }
}

/// Removes the left leaves of every split that `x OP threshold` sends right.
#[inline]
#[target_feature(enable = "avx2")]
fn narrow<const OP: i32>(splits: &[Split], features: &[Column], possible: &mut [__m256i; GROUPS]) {
    for split in splits {
        let column = &features[split.feature as usize];
        let threshold = _mm256_set1_ps(split.threshold);
        let left_leaves = _mm256_set1_epi32(!split.keep as i32);
        for (group, possible) in possible.iter_mut().enumerate() {
            // SAFETY: eight registers of 8 fill the 64 rows; columns are aligned to 64 bytes.
            let x = unsafe { _mm256_load_ps(column.0.as_ptr().add(group * WIDTH)) };
            let right = _mm256_castps_si256(_mm256_cmp_ps::<OP>(x, threshold));
            *possible = _mm256_andnot_si256(_mm256_and_si256(right, left_leaves), *possible);
        }
    }
}

/// The value at each row's lowest possible leaf.
#[inline]
#[target_feature(enable = "avx2")]
fn leaf(possible: __m256i, quarters: [__m256; 4]) -> __m256 {
    let lowest = _mm256_and_si256(possible, _mm256_sub_epi32(_mm256_setzero_si256(), possible));
    // a power of two is exact as a float, and its exponent is the number of the bit; the sign of bit 31 is dropped
    let float = _mm256_castps_si256(_mm256_cvtepi32_ps(lowest));
    let exponent = _mm256_and_si256(_mm256_srli_epi32::<23>(float), _mm256_set1_epi32(0xff));
    let number = _mm256_sub_epi32(exponent, _mm256_set1_epi32(127));
    let [a, b, c, d] = quarters.map(|quarter| _mm256_permutevar8x32_ps(quarter, number));
    let odd = _mm256_castsi256_ps(_mm256_slli_epi32::<28>(number));
    let upper = _mm256_castsi256_ps(_mm256_slli_epi32::<27>(number));
    _mm256_blendv_ps(_mm256_blendv_ps(a, b, odd), _mm256_blendv_ps(c, d, odd), upper)
}
