//! Products with weights of 8 or 4 bits, blocks of 32 with one scale each (packages/model/src/graph/quantise.ts), and
//! activations that are rounded to 8 bits by the same blocks. A block's products are summed as whole numbers, and blocks
//! in one chain of fused multiply-adds: a row's numbers are the same bits whatever is beside it, and on any processor.

use crate::tile::{PANEL, share};
use std::ops::Range;

mod activations;
mod product;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use activations::Activations;
use product::multiply;

/// Numbers with one scale.
pub const BLOCK: usize = 32;
/// Codes that meet at once: what processors multiply and add four at a time.
const GROUPS: usize = BLOCK / 4;
/// Outputs that are computed together: half a panel.
const OUTPUTS: usize = 16;
/// What fits the registers of a processor with 32 of 512 bits, beside a block of weights.
const ROWS_MAX: usize = 16;

/// A weight [outer, inner] as stored: weight = (code − 2^(bits − 1)) · scale.
#[derive(Clone, Copy)]
pub struct Matrix<'a> {
    /// 8 or 4
    pub bits: usize,
    /// [outer, inner · bits / 8], the lower half of a byte first.
    pub codes: &'a [u8],
    /// [outer, inner / 32]
    pub scales: &'a [f32],
}

/// The same as half panels of 16 outputs: codes [half, block, group, 16, 4], in 4 bits groups 0 to 3 are the lower
/// halves of bytes and groups 4 to 7 the upper ones; scales [half, block, 16], 0 behind the last output.
pub struct CodePanels {
    pub inner: usize,
    /// Of 32 outputs each.
    pub count: usize,
    bits: usize,
    codes: Vec<u8>,
    scales: Vec<f32>,
}

impl CodePanels {
    /// `rows` are the outputs' rows of the matrix in the order of the panels; None is an output of zeros.
    pub fn new(matrix: Matrix, rows: &[Option<usize>], inner: usize) -> Self {
        let Matrix { bits, .. } = matrix;
        let (count, blocks) = (rows.len().div_ceil(PANEL), inner / BLOCK);
        let mut codes = vec![0; count * PANEL * inner * bits / 8];
        let mut scales = vec![0.0; count * PANEL * blocks];
        for (at, row) in rows.iter().enumerate() {
            let Some(row) = row else { continue };
            let (half, output) = (at / OUTPUTS, at % OUTPUTS);
            for block in 0..blocks {
                let (from, to) = (row * blocks + block, half * blocks + block);
                scales[to * OUTPUTS + output] = matrix.scales[from];
                for k in 0..BLOCK {
                    let (group, byte) = (k / 4, output * 4 + k % 4);
                    if bits == 8 {
                        codes[(to * GROUPS + group) * OUTPUTS * 4 + byte] = matrix.codes[from * BLOCK + k];
                    } else {
                        let code = matrix.codes[(from * BLOCK + k) / 2] >> (k % 2 * 4) & 15;
                        let upper = group / (GROUPS / 2);
                        let place = (to * GROUPS / 2 + group % (GROUPS / 2)) * OUTPUTS * 4 + byte;
                        codes[place] |= code << (4 * upper);
                    }
                }
            }
        }
        CodePanels { inner, count, bits, codes, scales }
    }

    /// What the codes of weights are above the whole numbers that they mean.
    pub fn middle(&self) -> i32 {
        1 << (self.bits - 1)
    }

    /// For each panel of `range` and each row of x: `store(row, panel, results)`.
    pub fn times(&self, range: Range<usize>, x: &Activations, mut store: impl FnMut(usize, usize, &[f32; PANEL])) {
        let blocks = self.inner / BLOCK;
        let rows = x.scales.len() / blocks;
        let mut results = [[0f32; PANEL]; ROWS_MAX];
        for panel in range {
            let mut row = 0;
            while row < rows {
                let some = share(rows - row, ROWS_MAX);
                let x = x.rows(row..row + some, blocks);
                for side in 0..PANEL / OUTPUTS {
                    multiply(self.half(panel * PANEL / OUTPUTS + side), x, side * OUTPUTS, &mut results[..some]);
                }
                for (at, results) in results[..some].iter().enumerate() {
                    store(row + at, panel, results);
                }
                row += some;
            }
        }
    }

    fn half(&self, half: usize) -> Half<'_> {
        let blocks = self.inner / BLOCK;
        let size = blocks * OUTPUTS * BLOCK * self.bits / 8;
        Half {
            bits: self.bits,
            codes: &self.codes[half * size..(half + 1) * size],
            scales: &self.scales[half * blocks * OUTPUTS..(half + 1) * blocks * OUTPUTS],
        }
    }
}

#[derive(Clone, Copy)]
struct Half<'a> {
    bits: usize,
    codes: &'a [u8],
    scales: &'a [f32],
}

#[cfg(test)]
mod tests {
    use super::product::multiply_portable;
    use super::*;

    fn bytes(count: usize, seed: u32) -> Vec<u8> {
        let mut state = seed;
        (0..count)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect()
    }

    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        bytes(count, seed).iter().zip(bytes(count, seed + 1)).map(|(&a, b)| (a as f32 - 127.5) * b as f32).collect()
    }

    #[test]
    fn every_way_gives_the_same_bits_and_they_are_nearly_those_of_a_plain_product() {
        for (bits, outer, inner, rows) in [(8, 16, 32, 1), (4, 16, 32, 1), (8, 40, 96, 5), (4, 70, 128, 19)] {
            let (codes, scales) = (bytes(outer * inner * bits / 8, 3), numbers(outer * inner / BLOCK, 5));
            let matrix = Matrix { bits, codes: &codes, scales: &scales };
            let order: Vec<Option<usize>> = (0..outer).rev().map(Some).chain([None]).collect();
            let panels = CodePanels::new(matrix, &order, inner);
            let x = numbers(rows * inner, 11);
            let mut activations = Activations::default();
            activations.set(&x, panels.middle());
            panels.times(0..panels.count, &activations, |row, panel, results| {
                for (lane, &result) in results.iter().enumerate() {
                    let Some(Some(output)) = order.get(panel * PANEL + lane) else {
                        assert_eq!(result, 0.0);
                        continue;
                    };
                    let (mut exact, mut size) = (0f64, 0f64);
                    for k in 0..inner {
                        let at = output * inner + k;
                        let code = if bits == 8 { codes[at] } else { codes[at / 2] >> (at % 2 * 4) & 15 };
                        let weight = (code as i32 - panels.middle()) as f32 * scales[at / BLOCK];
                        exact += (weight * x[row * inner + k]) as f64;
                        size += weight.abs() as f64 * 255.0 * 128.0 / 254.0;
                    }
                    assert!((exact - result as f64).abs() <= size, "{exact} {result} {size}");
                }
            });
            let blocks = inner / BLOCK;
            for half in 0..panels.count * 2 {
                let some = rows.min(ROWS_MAX);
                let x = activations.rows(0..some, blocks);
                let (mut expected, mut actual) = ([[0f32; PANEL]; ROWS_MAX], [[0f32; PANEL]; ROWS_MAX]);
                multiply_portable(panels.half(half), x, 16, &mut expected[..some]);
                multiply(panels.half(half), x, 16, &mut actual[..some]);
                assert_eq!(expected, actual);
                #[cfg(target_arch = "x86_64")]
                if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                    // SAFETY: the processor has it.
                    unsafe { x86::multiply_256(panels.half(half), x, 16, &mut actual[..some]) };
                    assert_eq!(expected, actual);
                }
            }
        }
    }

    #[test]
    fn what_is_not_finite_stays_so_and_zeros_stay_zeros() {
        let matrix = Matrix { bits: 8, codes: &[200; 32 * 32], scales: &[1.0; 32] };
        let panels = CodePanels::new(matrix, &(0..32).map(Some).collect::<Vec<_>>(), 32);
        for (number, expected) in [(f32::NAN, true), (f32::INFINITY, true), (f32::NEG_INFINITY, true), (0.0, false)] {
            let mut x = vec![0.0; 32];
            x[7] = number;
            let mut activations = Activations::default();
            activations.set(&x, panels.middle());
            panels.times(0..1, &activations, |_, _, results| {
                assert!(results.iter().all(|result| if expected { result.is_nan() } else { *result == 0.0 }));
            });
        }
    }
}
