//! Sums of products in full precision, and of what is kept in half: a matrix with one vector or with several. Each loop
//! is compiled for several instruction sets and picked at run time.

use multiversion::multiversion;
use multiversion::target::target_cfg_f;

#[cfg(target_arch = "x86_64")]
mod x86;

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
pub fn add_scaled_columns(matrix: &[u16], outer: usize, first: usize, factors: &[f32], out: &mut [f32]) {
    add_scaled!(matrix, outer, first, factors, out, widened);
}

#[inline(always)]
pub fn widened(half: u16) -> f32 {
    f32::from_bits((half as u32) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::numbers;

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
}
