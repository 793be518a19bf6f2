use super::Precision;
use crate::products::{add_scaled_columns, widened};
use std::ops::Range;

/// A matrix [inner, outer] that a vector [inner] is multiplied with from the left: what low ranks want, whose results
/// are long and whose sums are short.
pub enum Columns {
    Full {
        outer: usize,
        values: Vec<f32>,
    },
    /// bfloat16
    Compact {
        outer: usize,
        values: Vec<u16>,
    },
}

impl Columns {
    pub fn new(values: &[f32], outer: usize, precision: Precision) -> Self {
        match precision {
            Precision::Full => Columns::Full { outer, values: values.to_vec() },
            Precision::Compact => {
                Columns::Compact { outer, values: values.iter().map(|&each| bfloat16(each)).collect() }
            }
        }
    }

    /// out += x · matrix, some of its columns.
    pub fn add_product(&self, x: &[f32], columns: Range<usize>, out: &mut [f32]) {
        let out = &mut out[..columns.len()];
        match self {
            Columns::Full { outer, values } => {
                for (row, factor) in values.chunks_exact(*outer).zip(x) {
                    for (out, value) in out.iter_mut().zip(&row[columns.clone()]) {
                        *out += factor * value;
                    }
                }
            }
            Columns::Compact { outer, values } => add_scaled_columns(values, *outer, columns.start, x, out),
        }
    }

    /// out = the matrix's row
    pub fn row(&self, row: usize, out: &mut Vec<f32>) {
        out.clear();
        match self {
            Columns::Full { outer, values } => out.extend_from_slice(&values[row * outer..(row + 1) * outer]),
            Columns::Compact { outer, values } => {
                out.extend(values[row * outer..(row + 1) * outer].iter().map(|&each| widened(each)))
            }
        }
    }

    pub fn outer(&self) -> usize {
        match self {
            Columns::Full { outer, .. } | Columns::Compact { outer, .. } => *outer,
        }
    }

    pub fn bytes(&self) -> usize {
        match self {
            Columns::Full { values, .. } => 4 * values.len(),
            Columns::Compact { values, .. } => 2 * values.len(),
        }
    }
}

/// Rounded to the nearest; not for NaN, which no file may hold.
fn bfloat16(value: f32) -> u16 {
    let bits = value.to_bits();
    ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16) as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::numbers;

    #[test]
    fn columns_add_what_a_plain_loop_adds() {
        for (inner, outer) in [(1, 1), (4, 5), (7, 33), (32, 100)] {
            let (matrix, x) = (numbers(inner * outer, 3), numbers(inner, 5));
            let plain: Vec<f32> = (0..outer)
                .map(|at| 1.0 + (0..inner).map(|row| x[row] * matrix[row * outer + at]).sum::<f32>())
                .collect();
            for (precision, tolerance) in [(Precision::Full, 1e-5), (Precision::Compact, 0.02)] {
                let mut out = vec![1.0; outer];
                Columns::new(&matrix, outer, precision).add_product(&x, 0..outer, &mut out);
                let mut part = vec![1.0; outer - outer / 3];
                Columns::new(&matrix, outer, precision).add_product(&x, outer / 3..outer, &mut part);
                assert_eq!(part, out[outer / 3..]);
                for (a, b) in out.iter().zip(&plain) {
                    assert!((a - b).abs() < tolerance, "{a} {b}");
                }
            }
        }
    }
}
