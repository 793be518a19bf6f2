//! Products that compilers do not find the instructions for by themselves.

use super::Activation;
use super::activation::OFFSET;
use super::rows::{CompactRows, dot};
use std::arch::x86_64::*;

/// Rows that are multiplied at once: what vectors of the activation are loaded for.
const TOGETHER: usize = 4;
/// How far ahead weights are called for, in bytes: from a core's second cache they came 12 to 15 % later without.
const AHEAD: usize = 4096;

/// Products of bytes, four summed at a time; the activation is one byte too wide for it and comes in two halves.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub fn compact_dots_512(rows: CompactRows, x: &Activation, out: &mut [f32]) {
    let CompactRows { values, scales, sums } = rows;
    let columns = x.compact.len();
    assert!(values.len() == out.len() * columns && scales.len() == out.len() && sums.len() == out.len());
    let whole = out.len() - out.len() % TOGETHER;
    for row in (0..whole).step_by(TOGETHER) {
        // SAFETY: there are so many rows behind this one, and as many scales and sums.
        unsafe {
            let products = sum_lanes(lanes::<TOGETHER>(values.as_ptr().add(row * columns), x));
            let raised = _mm_loadu_si128(sums.as_ptr().add(row) as *const __m128i);
            let products = _mm_sub_epi32(products, _mm_mullo_epi32(raised, _mm_set1_epi32(OFFSET)));
            let scale = _mm_mul_ps(_mm_loadu_ps(scales.as_ptr().add(row)), _mm_set1_ps(x.scale));
            _mm_storeu_ps(out.as_mut_ptr().add(row), _mm_mul_ps(_mm_cvtepi32_ps(products), scale));
        }
    }
    for row in whole..out.len() {
        // SAFETY: this row is one of them.
        let [lanes] = unsafe { lanes::<1>(values.as_ptr().add(row * columns), x) };
        let product = _mm512_reduce_add_epi32(lanes).wrapping_sub(sums[row].wrapping_mul(OFFSET));
        out[row] = product as f32 * (scales[row] * x.scale);
    }
}

/// Of each of ROWS rows: lanes whose sum is its product with `compact + OFFSET`, as far as 32 bits hold it.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn lanes<const ROWS: usize>(values: *const i8, x: &Activation) -> [__m512i; ROWS] {
    let columns = x.compact.len();
    let (mut upper, mut lower) = ([_mm512_setzero_si512(); ROWS], [_mm512_setzero_si512(); ROWS]);
    let mut add = |at: usize, weights: [__m512i; ROWS]| {
        // SAFETY: halves are whole vectors.
        let high = unsafe { _mm512_loadu_si512(x.upper.as_ptr().add(at) as *const __m512i) };
        let low = unsafe { _mm512_loadu_si512(x.lower.as_ptr().add(at) as *const __m512i) };
        for row in 0..ROWS {
            upper[row] = _mm512_dpbusd_epi32(upper[row], high, weights[row]);
            lower[row] = _mm512_dpbusd_epi32(lower[row], low, weights[row]);
        }
    };
    let whole = columns - columns % 64;
    for at in (0..whole).step_by(64) {
        add(
            at,
            std::array::from_fn(|row| {
                let weights = values.wrapping_add(row * columns + at);
                // SAFETY: rows are read as far as they go; a hint may point anywhere.
                unsafe {
                    _mm_prefetch::<_MM_HINT_T0>(weights.wrapping_add(AHEAD));
                    _mm512_loadu_si512(weights as *const __m512i)
                }
            }),
        );
    }
    if whole < columns {
        let mask = (1 << (columns - whole)) - 1;
        // SAFETY: as above.
        add(
            whole,
            std::array::from_fn(|row| unsafe { _mm512_maskz_loadu_epi8(mask, values.add(row * columns + whole)) }),
        );
    }
    std::array::from_fn(|row| _mm512_add_epi32(_mm512_slli_epi32::<7>(upper[row]), lower[row]))
}

/// The sum of each vector's lanes.
#[inline]
#[target_feature(enable = "avx512f")]
fn sum_lanes([a, b, c, d]: [__m512i; TOGETHER]) -> __m128i {
    let first = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    let second = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    let all = _mm512_add_epi32(_mm512_unpacklo_epi64(first, second), _mm512_unpackhi_epi64(first, second));
    let half = _mm256_add_epi32(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64::<1>(all));
    _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256::<1>(half))
}

/// Products of 16 bits, summed in pairs.
#[target_feature(enable = "avx2")]
pub fn compact_dots_256(rows: CompactRows, x: &Activation, out: &mut [f32]) {
    let columns = x.compact.len();
    let whole = columns - columns % 16;
    for ((row, out), row_scale) in rows.values.chunks_exact(columns).zip(out).zip(rows.scales) {
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
