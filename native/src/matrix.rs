//! Products of one vector with matrices that stay in cache: 8-bit rows for what all sequences share, half-precision
//! columns for what is a tenant's own. Each loop is compiled for several instruction sets and picked at run time.

use multiversion::multiversion;
use multiversion::target::target_cfg_f;
use std::ops::Range;

#[cfg(target_arch = "x86_64")]
mod x86;

/// How a kernel's weights are kept: `Full` is the reference, `Compact` what is served.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    Full,
    Compact,
}

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

/// A vector as both kinds of rows read it. Reused from token to token.
#[derive(Default)]
pub struct Activation {
    pub values: Vec<f32>,
    /// `scale · compact` is nearly `values`.
    compact: Vec<i16>,
    scale: f32,
}

impl Activation {
    pub fn set(&mut self, values: &[f32]) {
        self.values.clear();
        self.values.extend_from_slice(values);
        self.refresh();
    }

    /// After `values` were changed in place. The sum of a row's products stays below 2³¹. One number that is not finite
    /// makes all products NaN.
    pub fn refresh(&mut self) {
        let most = (i32::MAX / (127 * self.values.len().max(1) as i32)).min(8191) as f32;
        let finite = self.values.iter().all(|value| value.is_finite());
        self.scale = if finite { largest(&self.values) / most } else { f32::NAN };
        let inverse = if self.scale > 0.0 { 1.0 / self.scale } else { 0.0 };
        self.compact.clear();
        self.compact.extend(self.values.iter().map(|value| (value * inverse).round_ties_even() as i16));
    }
}

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |most: f32, value| most.max(value.abs()))
}

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

#[inline(always)]
fn widened(half: u16) -> f32 {
    f32::from_bits((half as u32) << 16)
}

/// [inner, outer] → [outer, inner]
pub fn transposed(values: &[f32], outer: usize) -> Vec<f32> {
    let inner = values.len() / outer;
    let mut result = vec![0.0; values.len()];
    for (at, row) in values.chunks_exact(outer).enumerate() {
        for (column, &value) in row.iter().enumerate() {
            result[column * inner + at] = value;
        }
    }
    result
}

/// Where there is no fused multiply-add the compiler would call a function for each.
macro_rules! multiply_add {
    ($a:expr, $b:expr, $c:expr) => {
        if target_cfg_f!(any(target_feature = "fma", target_feature = "neon")) {
            $a.mul_add($b, $c)
        } else {
            $a * $b + $c
        }
    };
}

/// As many columns at a time as sums stay in registers while all rows pass.
macro_rules! add_scaled {
    ($matrix:expr, $stride:expr, $first:expr, $factors:expr, $out:expr, $widen:expr) => {{
        let (matrix, stride, factors, out) = ($matrix, $stride, $factors, $out);
        let mut column = 0;
        macro_rules! columns {
            ($count:literal) => {
                while out.len() - column >= $count {
                    let mut sums = [0f32; $count];
                    sums.copy_from_slice(&out[column..column + $count]);
                    let first = $first + column;
                    for (row, &factor) in factors.iter().enumerate() {
                        let row = &matrix[row * stride + first..][..$count];
                        for lane in 0..$count {
                            sums[lane] = multiply_add!(factor, $widen(row[lane]), sums[lane]);
                        }
                    }
                    out[column..column + $count].copy_from_slice(&sums);
                    column += $count;
                }
            };
        }
        columns!(64);
        columns!(16);
        columns!(1);
    }};
}

/// out[row] = row · x, of a matrix [rows, x.len()]
pub fn dots(matrix: &[f32], x: &[f32], out: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has what the function is compiled for.
            return unsafe { x86::dots_512(matrix, x, out) };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: as above.
            return unsafe { x86::dots_256(matrix, x, out) };
        }
    }
    for (row, out) in matrix.chunks_exact(x.len()).zip(out) {
        *out = row.iter().zip(x).map(|(w, f)| w * f).sum();
    }
}

/// out += Σ factors[row] · row, of a matrix [rows, out.len()]: for each column one row after the other, so that it does
/// not matter in how many calls.
#[multiversion(targets = "simd")]
pub fn add_scaled_rows(matrix: &[f32], factors: &[f32], out: &mut [f32]) {
    add_scaled!(matrix, out.len(), 0, factors, out, |value: f32| value);
}

/// out[i] += Σ factors[i · stride + row] · row, of a matrix [rows, size] and out [count, size]: for each column the same
/// chain as in `add_scaled_rows`, but every row is read once for several of them.
#[multiversion(targets = "simd")]
pub fn add_products(matrix: &[f32], size: usize, factors: &[f32], stride: usize, out: &mut [f32]) {
    const WIDTH: usize = 32;
    let rows = matrix.len() / size;
    let mut at = 0;
    macro_rules! together {
        ($count:literal) => {
            while out.len() / size - at >= $count {
                let factors: [&[f32]; $count] = std::array::from_fn(|i| &factors[(at + i) * stride..][..rows]);
                for column in (0..size).step_by(WIDTH) {
                    let mut sums = [[0f32; WIDTH]; $count];
                    for i in 0..$count {
                        sums[i].copy_from_slice(&out[(at + i) * size + column..][..WIDTH]);
                    }
                    for (row, values) in matrix.chunks_exact(size).enumerate() {
                        let values: &[f32; WIDTH] = values[column..].first_chunk().expect("whole widths");
                        for i in 0..$count {
                            for lane in 0..WIDTH {
                                sums[i][lane] = multiply_add!(factors[i][row], values[lane], sums[i][lane]);
                            }
                        }
                    }
                    for i in 0..$count {
                        out[(at + i) * size + column..][..WIDTH].copy_from_slice(&sums[i]);
                    }
                }
                at += $count;
            }
        };
    }
    if size.is_multiple_of(WIDTH) {
        if target_cfg_f!(target_feature = "avx512f") {
            together!(6);
            together!(4);
        }
        together!(2);
    }
    for (index, out) in out.chunks_exact_mut(size).enumerate().skip(at) {
        add_scaled!(matrix, size, 0, &factors[index * stride..][..rows], out, |value: f32| value);
    }
}

/// The same of a matrix [factors.len(), outer] in bfloat16, the columns at `first` and behind it.
#[multiversion(targets = "simd")]
fn add_scaled_columns(matrix: &[u16], outer: usize, first: usize, factors: &[f32], out: &mut [f32]) {
    add_scaled!(matrix, outer, first, factors, out, widened);
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

fn dot(row: &[i8], x: &[i16]) -> i32 {
    row.iter().zip(x).map(|(&w, &f)| w as i32 * f as i32).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        (0..count)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 23) as f32 - 1.0
            })
            .collect()
    }

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

    #[test]
    fn several_products_at_once_are_each_the_same_bits_as_alone() {
        for (rows, size, count) in [(1, 16, 1), (40, 32, 7), (33, 64, 16), (5, 48, 3), (50, 128, 5), (17, 20, 2)] {
            let (matrix, x) = (numbers(rows * size, 3), numbers(size, 5));
            let (mut together, mut alone) = (vec![0.0; rows], vec![0.0; rows]);
            dots(&matrix, &x, &mut together);
            for (row, out) in matrix.chunks_exact(size).zip(alone.chunks_exact_mut(1)) {
                dots(row, &x, out);
            }
            assert_eq!(together, alone);
            let (stride, factors) = (rows + 3, numbers(count * (rows + 3), 9));
            let (mut together, mut alone) = (vec![1.0; count * size], vec![1.0; count * size]);
            add_products(&matrix, size, &factors, stride, &mut together);
            for (index, out) in alone.chunks_exact_mut(size).enumerate() {
                add_scaled_rows(&matrix, &factors[index * stride..][..rows], out);
            }
            assert_eq!(together, alone);
        }
    }

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
