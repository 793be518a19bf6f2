//! Products that compilers do not find the instructions for by themselves.

use super::Activation;
use super::rows::dot;
use std::arch::x86_64::*;

/// Products of 16 bits, summed in pairs.
#[target_feature(enable = "avx2")]
pub fn compact_dots_256(matrix: &[i8], x: &Activation, scales: &[f32], out: &mut [f32]) {
    let columns = x.compact.len();
    let whole = columns - columns % 16;
    for ((row, out), row_scale) in matrix.chunks_exact(columns).zip(out).zip(scales) {
        let mut sum = _mm256_setzero_si256();
        for at in (0..whole).step_by(16) {
            // SAFETY: row and x are equally long, and at + 16 is at most that.
            unsafe {
                let w = _mm256_cvtepi8_epi16(_mm_loadu_si128(row.as_ptr().add(at) as *const __m128i));
                let f = _mm256_loadu_si256(x.compact.as_ptr().add(at) as *const __m256i);
                sum = _mm256_add_epi32(sum, _mm256_madd_epi16(w, f));
            }
        }
        let mut lanes = [0i32; 8];
        // SAFETY: eight numbers of 32 bits.
        unsafe { _mm256_storeu_si256(lanes.as_mut_ptr() as *mut __m256i, sum) };
        let sum = lanes.iter().sum::<i32>() + dot(&row[whole..], &x.compact[whole..]);
        *out = sum as f32 * (row_scale * x.scale);
    }
}
