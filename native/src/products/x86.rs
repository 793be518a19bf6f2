//! Products that compilers do not find the instructions for by themselves.

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

dots!(single_dots_512, "avx512f", 16, _mm512_loadu_ps, _mm512_setzero_ps, _mm512_fmadd_ps, _mm512_reduce_add_ps);
dots!(dots_256, "avx2,fma", 8, _mm256_loadu_ps, _mm256_setzero_ps, _mm256_fmadd_ps, reduce_256);

/// Rows in sixteens, whose lanes are summed together, each in the order in which it would be alone.
#[target_feature(enable = "avx512f")]
pub fn dots_512(matrix: &[f32], x: &[f32], out: &mut [f32]) {
    let size = x.len();
    if size == 0 || !size.is_multiple_of(16) {
        return single_dots_512(matrix, x, out);
    }
    let mut blocks = out.chunks_exact_mut(16);
    let whole = matrix.chunks_exact(16 * size);
    let last = whole.remainder();
    for (rows, out) in whole.zip(&mut blocks) {
        let mut sums = [_mm512_setzero_ps(); 16];
        for at in (0..size).step_by(16) {
            // SAFETY: each of 16 rows is as long as x, and at + 16 is at most that.
            unsafe {
                let f = _mm512_loadu_ps(x.as_ptr().add(at));
                for (row, sum) in sums.iter_mut().enumerate() {
                    *sum = _mm512_fmadd_ps(_mm512_loadu_ps(rows.as_ptr().add(row * size + at)), f, *sum);
                }
            }
        }
        // SAFETY: sixteen numbers.
        unsafe { _mm512_storeu_ps(out.as_mut_ptr(), reduce_16(sums)) };
    }
    single_dots_512(last, x, blocks.into_remainder());
}

/// The sums of 16 vectors, in the order of _mm512_reduce_add_ps: halves, quarters, pairs.
#[inline]
#[target_feature(enable = "avx512f")]
fn reduce_16(rows: [__m512; 16]) -> __m512 {
    let mut quarters = [_mm512_setzero_ps(); 4];
    for (at, quarter) in quarters.iter_mut().enumerate() {
        let (p, q) = (halves(rows[at], rows[at + 4]), halves(rows[at + 8], rows[at + 12]));
        *quarter = _mm512_add_ps(_mm512_shuffle_f32x4::<0x88>(p, q), _mm512_shuffle_f32x4::<0xdd>(p, q));
    }
    let [first, second] = [pairs(quarters[0], quarters[1]), pairs(quarters[2], quarters[3])];
    _mm512_add_ps(_mm512_shuffle_ps::<0x88>(first, second), _mm512_shuffle_ps::<0xdd>(first, second))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn halves(a: __m512, b: __m512) -> __m512 {
    _mm512_add_ps(_mm512_shuffle_f32x4::<0x44>(a, b), _mm512_shuffle_f32x4::<0xee>(a, b))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn pairs(a: __m512, b: __m512) -> __m512 {
    let (a, b) = (_mm512_castps_pd(a), _mm512_castps_pd(b));
    _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(a, b)), _mm512_castpd_ps(_mm512_unpackhi_pd(a, b)))
}

#[target_feature(enable = "avx2")]
fn reduce_256(sums: __m256) -> f32 {
    let four = _mm_add_ps(_mm256_castps256_ps128(sums), _mm256_extractf128_ps::<1>(sums));
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
}
