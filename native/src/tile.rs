//! x [rows, inner] · Wᵀ [inner, outer] for weights that come from memory and few rows: every weight is read once,
//! whatever the number of rows, and meets all of them while it is in a register. Each result is one chain of fused
//! multiply-adds over `inner`, so a row's numbers do not depend on which rows are beside it, to the bit.

use multiversion::multiversion;
use multiversion::target::target_cfg_f;
use std::ops::Range;

/// Outputs that are computed together.
pub const PANEL: usize = 32;

/// A weight [outer, inner] as panels [outer / 32, inner, 32], zeros behind the last output.
pub struct Panels {
    pub inner: usize,
    pub count: usize,
    values: Vec<f32>,
}

impl Panels {
    /// `rows` are the outputs' weights in the order of the panels; None is an output of zeros.
    pub fn new<'a>(rows: impl Iterator<Item = Option<&'a [f32]>>, inner: usize) -> Self {
        let rows: Vec<_> = rows.collect();
        let count = rows.len().div_ceil(PANEL);
        let mut values = vec![0.0; count * inner * PANEL];
        for (at, row) in rows.iter().enumerate() {
            let Some(row) = row else { continue };
            let panel = &mut values[at / PANEL * inner * PANEL..];
            for (k, &value) in row.iter().enumerate() {
                panel[k * PANEL + at % PANEL] = value;
            }
        }
        Panels { inner, count, values }
    }

    /// For each panel of `range` and each row: `store(row, panel, results)`. x is [rows, inner].
    pub fn times(&self, range: Range<usize>, x: &[f32], mut store: impl FnMut(usize, usize, &[f32; PANEL])) {
        let rows = x.len() / self.inner;
        let mut results = [[0f32; PANEL]; ROWS_MAX];
        for panel in range {
            let weights = &self.values[panel * self.inner * PANEL..(panel + 1) * self.inner * PANEL];
            let mut row = 0;
            while row < rows {
                let some = multiply(weights, &x[row * self.inner..], self.inner, rows - row, &mut results);
                for (at, results) in results[..some].iter().enumerate() {
                    store(row + at, panel, results);
                }
                row += some;
            }
        }
    }
}

/// What fits the registers of a processor with 32 of 512 bits.
const ROWS_MAX: usize = 12;

/// Up to ROWS_MAX rows of x times one panel; returns how many.
#[multiversion(targets = "simd")]
fn multiply(weights: &[f32], x: &[f32], inner: usize, rows: usize, out: &mut [[f32; PANEL]; ROWS_MAX]) -> usize {
    macro_rules! tile {
        ($rows:literal) => {{
            if target_cfg_f!(any(target_feature = "fma", target_feature = "neon")) {
                tile::<$rows, true>(weights, x, inner, out);
            } else {
                tile::<$rows, false>(weights, x, inner, out);
            }
            $rows
        }};
    }
    let wide = target_cfg_f!(target_feature = "avx512f");
    match share(rows, if wide { ROWS_MAX } else { 3 }) {
        1 => tile!(1),
        2 => tile!(2),
        3 => tile!(3),
        4 if wide => tile!(4),
        5 if wide => tile!(5),
        6 if wide => tile!(6),
        7 if wide => tile!(7),
        8 if wide => tile!(8),
        9 if wide => tile!(9),
        10 if wide => tile!(10),
        11 if wide => tile!(11),
        _ if wide => tile!(12),
        _ => tile!(1),
    }
}

/// The first of as few shares as can be, each about as large and at most `most`: 16 rows take 10 % less as 8 and 8 than
/// as 12 and 4.
pub fn share(rows: usize, most: usize) -> usize {
    rows.div_ceil(rows.div_ceil(most))
}

/// How far ahead weights are called for, in numbers: 16 KiB. Processors look less far ahead, and wait for memory between
/// two panels: of a target of 540 MB a run of 1 row took 26 instead of 33 ms, of 5 rows 33 instead of 49 (two cores of a
/// Xeon with AVX-512), and 8 rows of smaller ones 10 to 15 % less elsewhere.
const AHEAD: usize = 4096;

#[inline(always)]
fn call_for(weights: &[f32]) {
    #[cfg(target_arch = "x86_64")]
    for line in [0, 16] {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: a hint, which may point anywhere.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(weights.as_ptr().wrapping_add(AHEAD + line) as *const i8) };
    }
}

#[inline(always)]
fn tile<const ROWS: usize, const FUSED: bool>(
    weights: &[f32],
    x: &[f32],
    inner: usize,
    out: &mut [[f32; PANEL]; ROWS_MAX],
) {
    let mut sums = [[0f32; PANEL]; ROWS];
    let rows: [&[f32]; ROWS] = std::array::from_fn(|row| &x[row * inner..(row + 1) * inner]);
    for (k, weights) in weights.chunks_exact(PANEL).enumerate().take(inner) {
        call_for(weights);
        for row in 0..ROWS {
            let factor = rows[row][k];
            for lane in 0..PANEL {
                sums[row][lane] = if FUSED {
                    factor.mul_add(weights[lane], sums[row][lane])
                } else {
                    factor * weights[lane] + sums[row][lane]
                };
            }
        }
    }
    out[..ROWS].copy_from_slice(&sums);
}
