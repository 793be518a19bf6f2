use super::BLOCK;
use crate::functions::total;
use multiversion::multiversion;
use std::ops::Range;

/// Rows as products read them: `scale · code` is nearly the number.
#[derive(Default)]
pub struct Activations {
    /// [rows, inner]
    codes: Vec<i8>,
    /// [rows, blocks]
    pub(super) scales: Vec<f32>,
    /// [rows, blocks]: what the sum of a block's products begins with, to take away what codes of weights have too much.
    starts: Vec<i32>,
}

impl Activations {
    /// A block with a number that is not finite makes all products of its row NaN.
    pub fn set(&mut self, x: &[f32], middle: i32) {
        self.codes.resize(x.len(), 0);
        self.scales.resize(x.len() / BLOCK, 0.0);
        self.starts.resize(x.len() / BLOCK, 0);
        round(x, middle, &mut self.codes, &mut self.scales, &mut self.starts);
    }

    pub(super) fn rows(&self, rows: Range<usize>, blocks: usize) -> Rows<'_> {
        let range = rows.start * blocks..rows.end * blocks;
        Rows {
            codes: &self.codes[range.start * BLOCK..range.end * BLOCK],
            scales: &self.scales[range.clone()],
            starts: &self.starts[range],
        }
    }
}

#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) codes: &'a [i8],
    pub(super) scales: &'a [f32],
    pub(super) starts: &'a [i32],
}

#[multiversion(targets = "simd")]
fn round(x: &[f32], middle: i32, codes: &mut [i8], scales: &mut [f32], starts: &mut [i32]) {
    const LANES: usize = 16;
    /// Adding it rounds to a whole number, to even ones in the middle, that the lowest bits hold.
    const ROUNDING: f32 = 12_582_912.0;
    let blocks = x.chunks_exact(BLOCK).zip(codes.chunks_exact_mut(BLOCK));
    for ((x, codes), (scale, start)) in blocks.zip(scales.iter_mut().zip(starts)) {
        let (x, codes) = (x.as_chunks::<LANES>().0, codes.as_chunks_mut::<LANES>().0);
        let (mut most, mut poison) = ([0f32; LANES], [0f32; LANES]);
        for x in x {
            for lane in 0..LANES {
                let size = x[lane].abs();
                most[lane] = if size > most[lane] { size } else { most[lane] };
                poison[lane] += x[lane] * 0.0;
            }
        }
        let mut width = LANES;
        while width > 1 {
            width /= 2;
            for lane in 0..width {
                let other = most[lane + width];
                most[lane] = if other > most[lane] { other } else { most[lane] };
            }
        }
        *scale = most[0] / 127.0 + total(poison);
        let inverse = if *scale >= f32::MIN_POSITIVE { 1.0 / *scale } else { 0.0 };
        let mut sums = [0i32; LANES];
        for (x, codes) in x.iter().zip(codes) {
            for lane in 0..LANES {
                codes[lane] = (x[lane] * inverse + ROUNDING).to_bits() as i8;
                sums[lane] += codes[lane] as i32;
            }
        }
        let sum: i32 = sums.iter().sum();
        *start = -middle * sum;
    }
}
