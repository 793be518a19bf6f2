use super::activation::largest;
#[cfg(target_arch = "x86_64")]
use super::x86;
use super::{Activation, Precision};
use crate::products::dots;
use std::ops::Range;

/// A matrix [rows, columns] that is multiplied with a vector [columns], row by row.
pub enum Rows {
    Full {
        values: Vec<f32>,
    },
    /// Each row is `scales[row] · values`. What is summed are whole numbers, so a product is the same on every machine.
    Compact {
        values: Vec<i8>,
        scales: Vec<f32>,
    },
}

impl Rows {
    pub fn new(values: Vec<f32>, columns: usize, precision: Precision) -> Self {
        if precision == Precision::Full {
            return Rows::Full { values };
        }
        let mut scales = Vec::with_capacity(values.len() / columns);
        let mut compact = Vec::with_capacity(values.len());
        for row in values.chunks_exact(columns) {
            let scale = largest(row) / 127.0;
            let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
            scales.push(scale);
            compact.extend(row.iter().map(|value| (value * inverse).round() as i8));
        }
        Rows::Compact { values: compact, scales }
    }

    /// out[row - rows.start] = row · x, for some of the rows.
    pub fn times(&self, x: &Activation, rows: Range<usize>, out: &mut [f32]) {
        let columns = x.values.len();
        let part = rows.start * columns..rows.end * columns;
        match self {
            Rows::Full { values } => dots(&values[part], &x.values, out),
            Rows::Compact { values, scales } => dots_compact(&values[part], x, &scales[rows], out),
        }
    }
}

/// out[row] = scale · scales[row] · (row · x), of as many rows as `out` has. Compilers do not find these instructions by
/// themselves. All ways give the same bits.
fn dots_compact(matrix: &[i8], x: &Activation, scales: &[f32], out: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has what the function is compiled for.
            return unsafe { x86::compact_dots_256(matrix, x, scales, out) };
        }
    }
    dots_portable(matrix, x, scales, out);
}

fn dots_portable(matrix: &[i8], x: &Activation, scales: &[f32], out: &mut [f32]) {
    for ((row, out), row_scale) in matrix.chunks_exact(x.compact.len()).zip(out).zip(scales) {
        *out = dot(row, &x.compact) as f32 * (row_scale * x.scale);
    }
}

pub(super) fn dot(row: &[i8], x: &[i16]) -> i32 {
    row.iter().zip(x).map(|(&w, &f)| w as i32 * f as i32).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::numbers;

    #[test]
    fn compact_products_are_the_same_bits_in_every_way_and_close_to_the_full_ones() {
        for (rows, columns) in [(1, 1), (3, 16), (4, 64), (7, 100), (13, 384), (5, 4_096)] {
            let (matrix, vector) = (numbers(rows * columns, 7), numbers(columns, columns as u32));
            let mut x = Activation::default();
            x.set(&vector);
            let Rows::Compact { values, scales } = Rows::new(matrix.clone(), columns, Precision::Compact) else {
                panic!("not compact")
            };
            let (mut full, mut portable, mut picked) = (vec![0.0; rows], vec![0.0; rows], vec![0.0; rows]);
            dots(&matrix, &vector, &mut full);
            dots_portable(&values, &x, &scales, &mut portable);
            dots_compact(&values, &x, &scales, &mut picked);
            assert_eq!(portable, picked);
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") {
                // SAFETY: the processor has it.
                unsafe { x86::compact_dots_256(&values, &x, &scales, &mut picked) };
                assert_eq!(portable, picked);
            }
            for (full, compact) in full.iter().zip(&portable) {
                assert!((full - compact).abs() < 0.012 * (columns as f32).sqrt(), "{full} {compact}");
            }
        }
    }
}
