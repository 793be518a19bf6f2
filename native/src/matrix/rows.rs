use super::activation::extent;
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
        /// Of each row's values.
        sums: Vec<i32>,
    },
}

/// Some of the rows.
#[derive(Clone, Copy)]
pub(super) struct CompactRows<'a> {
    pub(super) values: &'a [i8],
    pub(super) scales: &'a [f32],
    pub(super) sums: &'a [i32],
}

impl Rows {
    pub fn new(values: Vec<f32>, columns: usize, precision: Precision) -> Self {
        if precision == Precision::Full {
            return Rows::Full { values };
        }
        let (mut scales, mut sums) = (Vec::new(), Vec::new());
        let mut compact = Vec::with_capacity(values.len());
        for row in values.chunks_exact(columns) {
            let scale = extent(row).0 / 127.0;
            let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
            let start = compact.len();
            compact.extend(row.iter().map(|value| (value * inverse).round() as i8));
            sums.push(compact[start..].iter().map(|&value| value as i32).sum());
            scales.push(scale);
        }
        Rows::Compact { values: compact, scales, sums }
    }

    /// out[row - rows.start] = row · x, for some of the rows.
    pub fn times(&self, x: &Activation, rows: Range<usize>, out: &mut [f32]) {
        let columns = x.values.len();
        let part = rows.start * columns..rows.end * columns;
        match self {
            Rows::Full { values } => dots(&values[part], &x.values, out),
            Rows::Compact { values, scales, sums } => {
                let rows = CompactRows { values: &values[part], scales: &scales[rows.clone()], sums: &sums[rows] };
                dots_compact(rows, x, out)
            }
        }
    }
}

/// out[row] = scale · scales[row] · (row · x), of as many rows as `out` has. Compilers do not find these instructions by
/// themselves. All ways give the same bits.
fn dots_compact(rows: CompactRows, x: &Activation, out: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vnni") {
            // SAFETY: the processor has what the function is compiled for.
            return unsafe { x86::compact_dots_512(rows, x, out) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: as above.
            return unsafe { x86::compact_dots_256(rows, x, out) };
        }
    }
    dots_portable(rows, x, out);
}

fn dots_portable(rows: CompactRows, x: &Activation, out: &mut [f32]) {
    for ((row, out), row_scale) in rows.values.chunks_exact(x.compact.len()).zip(out).zip(rows.scales) {
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
            let Rows::Compact { values, scales, sums } = Rows::new(matrix.clone(), columns, Precision::Compact) else {
                panic!("not compact")
            };
            let compact = CompactRows { values: &values, scales: &scales, sums: &sums };
            let (mut full, mut portable, mut picked) = (vec![0.0; rows], vec![0.0; rows], vec![0.0; rows]);
            dots(&matrix, &vector, &mut full);
            dots_portable(compact, &x, &mut portable);
            dots_compact(compact, &x, &mut picked);
            assert_eq!(portable, picked);
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") {
                // SAFETY: the processor has it.
                unsafe { x86::compact_dots_256(compact, &x, &mut picked) };
                assert_eq!(portable, picked);
            }
            for (full, compact) in full.iter().zip(&portable) {
                assert!((full - compact).abs() < 0.012 * (columns as f32).sqrt(), "{full} {compact}");
            }
        }
    }
}
