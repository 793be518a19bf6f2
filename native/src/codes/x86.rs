//! Products that compilers do not find the instructions for by themselves.

use super::activations::Rows;
use super::{BLOCK, GROUPS, Half, OUTPUTS, PANEL, ROWS_MAX};
use std::arch::x86_64::*;

/// See `multiply`. A block of weights is in registers while all rows, up to ROWS_MAX, meet it.
#[target_feature(enable = "avx512f,avx512vnni")]
pub fn multiply_512(weights: Half, x: Rows, first: usize, out: &mut [[f32; PANEL]]) {
    check(weights, x, out.len());
    macro_rules! pick {
        ($($rows:literal)*) => {
            match (out.len(), weights.bits) {
                // SAFETY: `check` has seen all sizes.
                $(($rows, 8) => unsafe { tile_512::<$rows, false>(weights, x, first, out) },
                ($rows, _) => unsafe { tile_512::<$rows, true>(weights, x, first, out) },)*
                _ => {}
            }
        };
    }
    pick!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
}

fn check(weights: Half, x: Rows, rows: usize) {
    let blocks = weights.scales.len() / OUTPUTS;
    assert!(rows <= ROWS_MAX && x.scales.len() == rows * blocks && x.starts.len() == rows * blocks);
    assert!(x.codes.len() == rows * blocks * BLOCK);
    assert!(weights.codes.len() == blocks * BLOCK * OUTPUTS * weights.bits / 8);
}

const SIDE_BY_SIDE: usize = 4;
/// How far ahead weights are called for, in bytes: 16 rows took 13 % more without, and few rows of a large target too.
const AHEAD: usize = 2048;

#[target_feature(enable = "avx512f,avx512vnni")]
unsafe fn tile_512<const ROWS: usize, const FOUR: bool>(
    weights: Half,
    x: Rows,
    first: usize,
    out: &mut [[f32; PANEL]],
) {
    let blocks = weights.scales.len() / OUTPUTS;
    let mut results = [_mm512_setzero_ps(); ROWS];
    for block in 0..blocks {
        // SAFETY: `check` has seen all sizes; what is called for ahead may be anywhere.
        unsafe {
            let size = if FOUR { OUTPUTS * BLOCK / 2 } else { OUTPUTS * BLOCK };
            for line in (0..size).step_by(64) {
                let ahead = weights.codes.as_ptr().wrapping_add(block * size + line + AHEAD);
                _mm_prefetch::<_MM_HINT_T0>(ahead as *const i8);
            }
            let codes = block_512::<FOUR>(weights.codes.as_ptr(), block);
            let scales = _mm512_loadu_ps(weights.scales.as_ptr().add(block * OUTPUTS));
            // Rows in fours, whose sums do not wait for one another; written out, so that results stay in registers.
            macro_rules! rows {
                ($($from:literal)*) => {
                    $(if $from < ROWS {
                        let mut sums = [_mm512_setzero_si512(); SIDE_BY_SIDE];
                        for (row, sum) in (($from)..ROWS).zip(&mut sums) {
                            *sum = _mm512_set1_epi32(*x.starts.as_ptr().add(row * blocks + block));
                        }
                        for (group, &codes) in codes.iter().enumerate() {
                            for (row, sum) in (($from)..ROWS).zip(&mut sums) {
                                let factors = x.codes.as_ptr().add((row * blocks + block) * BLOCK) as *const i32;
                                let factors = _mm512_set1_epi32(factors.add(group).read_unaligned());
                                *sum = _mm512_dpbusd_epi32(*sum, codes, factors);
                            }
                        }
                        for (row, sum) in (($from)..ROWS).zip(sums) {
                            let scale = _mm512_set1_ps(*x.scales.as_ptr().add(row * blocks + block));
                            let scale = _mm512_mul_ps(scales, scale);
                            results[row] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), scale, results[row]);
                        }
                    })*
                };
            }
            rows!(0 4 8 12);
        }
    }
    for (result, out) in results.iter().zip(out) {
        // SAFETY: as many as OUTPUTS.
        unsafe { _mm512_storeu_ps(out[first..first + OUTPUTS].as_mut_ptr(), *result) };
    }
}

/// The groups of one block.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn block_512<const FOUR: bool>(codes: *const u8, block: usize) -> [__m512i; GROUPS] {
    let stored = if FOUR { GROUPS / 2 } else { GROUPS };
    let mut groups = [_mm512_setzero_si512(); GROUPS];
    for group in 0..stored {
        // SAFETY: the caller's.
        let loaded = unsafe { _mm512_loadu_si512(codes.add((block * stored + group) * 64) as *const __m512i) };
        if FOUR {
            let lower = _mm512_set1_epi32(0x0f0f_0f0f);
            groups[group] = _mm512_and_si512(loaded, lower);
            groups[group + stored] = _mm512_and_si512(_mm512_srli_epi32::<4>(loaded), lower);
        } else {
            groups[group] = loaded;
        }
    }
    groups
}

/// See `multiply`. Bytes are multiplied in pairs of 16 bits, the even ones and the odd ones.
#[target_feature(enable = "avx2,fma")]
pub fn multiply_256(weights: Half, x: Rows, first: usize, out: &mut [[f32; PANEL]]) {
    check(weights, x, out.len());
    let blocks = weights.scales.len() / OUTPUTS;
    for (row, out) in out.iter_mut().enumerate() {
        let mut results = [_mm256_setzero_ps(); 2];
        for block in 0..blocks {
            let at = row * blocks + block;
            let mut sums = [_mm256_set1_epi32(x.starts[at]); 2];
            for group in 0..GROUPS {
                // SAFETY: `check` has seen all sizes.
                let factors = unsafe { (x.codes.as_ptr().add(at * BLOCK) as *const i32).add(group).read_unaligned() };
                let factors = _mm256_set1_epi32(factors);
                let even = _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(factors));
                let odd = _mm256_srai_epi16::<8>(factors);
                for (side, sum) in sums.iter_mut().enumerate() {
                    // SAFETY: as above.
                    let codes = unsafe { group_256(weights, block, group, side) };
                    let evens = _mm256_madd_epi16(_mm256_and_si256(codes, _mm256_set1_epi16(0xff)), even);
                    let odds = _mm256_madd_epi16(_mm256_srli_epi16::<8>(codes), odd);
                    *sum = _mm256_add_epi32(*sum, _mm256_add_epi32(evens, odds));
                }
            }
            for (side, result) in results.iter_mut().enumerate() {
                // SAFETY: as above.
                let scales = unsafe { _mm256_loadu_ps(weights.scales.as_ptr().add(block * OUTPUTS + side * 8)) };
                let scale = _mm256_mul_ps(scales, _mm256_set1_ps(x.scales[at]));
                *result = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums[side]), scale, *result);
            }
        }
        for (side, result) in results.iter().enumerate() {
            // SAFETY: eight numbers.
            unsafe { _mm256_storeu_ps(out[first + side * 8..first + (side + 1) * 8].as_mut_ptr(), *result) };
        }
    }
}

/// Four codes of each of eight outputs.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn group_256(weights: Half, block: usize, group: usize, side: usize) -> __m256i {
    let lower = GROUPS / 2;
    let place = if weights.bits == 8 { block * GROUPS + group } else { block * lower + group % lower };
    // SAFETY: the caller's.
    let loaded = unsafe { _mm256_loadu_si256(weights.codes.as_ptr().add(place * 64 + side * 32) as *const __m256i) };
    if weights.bits == 8 {
        return loaded;
    }
    let codes = if group < lower { loaded } else { _mm256_srli_epi32::<4>(loaded) };
    _mm256_and_si256(codes, _mm256_set1_epi8(15))
}
