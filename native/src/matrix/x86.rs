//! Products that compilers do not find the instructions for by themselves.

use super::{Activation, dot};
use std::arch::x86_64::*;

macro_rules! dots {
    ($name:ident, $features:literal, $lanes:literal, $load:ident, $zero:ident, $multiply_add:ident, $reduce:ident) => {
        /// Lanes first, then what is left over.
        #[target_feature(enable = $features)]
        pub fn $name(matrix: &[f32], x: &[f32], out: &mut [f32]) {
            let whole = x.len() - x.len() % $lanes;
            for (row, out) in matrix.chunks_exact(x.len()).zip(out) {
                let mut sums = $zero();
                for at in (0..whole).step_by($lanes) {
                    // SAFETY: row and x are equally long, and at + $lanes is at most that.
                    let (w, f) = unsafe { ($load(row.as_ptr().add(at)), $load(x.as_ptr().add(at))) };
                    sums = $multiply_add(w, f, sums);
                }
                let rest: f32 = row[whole..].iter().zip(&x[whole..]).map(|(w, f)| w * f).sum();
                *out = $reduce(sums) + rest;
            }
        }
    };
}

dots!(dots_512, "avx512f", 16, _mm512_loadu_ps, _mm512_setzero_ps, _mm512_fmadd_ps, _mm512_reduce_add_ps);
dots!(dots_256, "avx2,fma", 8, _mm256_loadu_ps, _mm256_setzero_ps, _mm256_fmadd_ps, reduce_256);

#[target_feature(enable = "avx2")]
fn reduce_256(sums: __m256) -> f32 {
    let four = _mm_add_ps(_mm256_castps256_ps128(sums), _mm256_extractf128_ps::<1>(sums));
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
}

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
