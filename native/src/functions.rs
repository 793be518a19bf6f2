//! Exponentials of whole vectors: a polynomial after range reduction (Cephes' expf), within 2 units in the last place
//! on what a draft asks for.

use multiversion::multiversion;

/// e^(x − top) of each; below −87 it is 0 for all that counts. Returns the sum.
#[multiversion(targets = "simd")]
pub fn exponentials(values: &[f32], top: f32, out: &mut [f32]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0f32; LANES];
    let (from, mut to) = (values.chunks_exact(LANES), out.chunks_exact_mut(LANES));
    let last = from.remainder();
    for (x, y) in from.zip(&mut to) {
        for lane in 0..LANES {
            let value = exponential(x[lane] - top);
            y[lane] = value;
            sums[lane] += value;
        }
    }
    let mut rest = 0.0;
    for (x, y) in last.iter().zip(to.into_remainder()) {
        *y = exponential(x - top);
        rest += *y;
    }
    total(sums) + rest
}

/// The same in place.
#[multiversion(targets = "simd")]
pub fn exponentials_in_place(values: &mut [f32], top: f32) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0f32; LANES];
    let mut chunks = values.chunks_exact_mut(LANES);
    for chunk in &mut chunks {
        for lane in 0..LANES {
            chunk[lane] = exponential(chunk[lane] - top);
            sums[lane] += chunk[lane];
        }
    }
    let mut rest = 0.0;
    for value in chunks.into_remainder() {
        *value = exponential(*value - top);
        rest += *value;
    }
    total(sums) + rest
}

/// e^x of each by their sum.
#[multiversion(targets = "simd")]
pub fn softmax_in_place(values: &mut [f32]) {
    let top = maximum(values);
    let sum = exponentials_in_place(values, top);
    for value in values {
        *value /= sum;
    }
}

/// out = gate · σ(gate) · up
#[multiversion(targets = "simd")]
pub fn silu_products(gates: &[f32], ups: &[f32], out: &mut [f32]) {
    for ((gate, up), out) in gates.iter().zip(ups).zip(out) {
        *out = gate / (1.0 + exponential(-*gate)) * up;
    }
}

/// The sum of lanes, halves first: as processors add them, and always in the same order.
#[inline(always)]
pub fn total(lanes: [f32; 16]) -> f32 {
    let eight: [f32; 8] = std::array::from_fn(|lane| lanes[lane] + lanes[lane + 8]);
    let four: [f32; 4] = std::array::from_fn(|lane| eight[lane] + eight[lane + 4]);
    (four[0] + four[2]) + (four[1] + four[3])
}

/// σ(x) of each.
#[multiversion(targets = "simd")]
pub fn sigmoids(values: &mut [f32]) {
    for value in values {
        *value = 1.0 / (1.0 + exponential(-*value));
    }
}

/// tanh x of each.
#[multiversion(targets = "simd")]
pub fn tangents(values: &mut [f32]) {
    for value in values {
        *value = 1.0 - 2.0 / (1.0 + exponential(2.0 * *value));
    }
}

/// A NaN stays one.
#[inline(always)]
fn exponential(x: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    /// Adding and taking it away again rounds to a whole number.
    const ROUNDING: f32 = 12_582_912.0;
    // ln 2 in two parts, the first exact in few bits.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let bounded = x.clamp(-87.0, 88.0);
    let shifted = bounded * LOG2_E + ROUNDING;
    let power = shifted - ROUNDING;
    let r = (bounded - power * LN_2_HIGH) - power * LN_2_LOW;
    let mut sum = 1.987_569_1e-4;
    for factor in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        sum = sum * r + factor;
    }
    let significand = sum * r * r + r + 1.0;
    let exponent = shifted.to_bits().wrapping_sub(ROUNDING.to_bits()) as i32 + 127;
    significand * f32::from_bits((exponent as u32) << 23)
}

/// The largest number; of nothing, or of nothing but NaN, −∞.
#[multiversion(targets = "simd")]
pub fn maximum(values: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut most = [f32::NEG_INFINITY; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for lane in 0..LANES {
            most[lane] = if chunk[lane] > most[lane] { chunk[lane] } else { most[lane] };
        }
    }
    most.iter().chain(rest).fold(f32::NEG_INFINITY, |a, &b| if b > a { b } else { a })
}

/// Of the first that is largest; 0 where nothing is.
pub fn place_of_maximum(values: &[f32]) -> usize {
    let most = maximum(values);
    values.iter().position(|&value| value == most).unwrap_or(0)
}

pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_are_those_of_double_precision() {
        let values: Vec<f32> = (0..20_000).map(|at| at as f32 * -0.004).collect();
        let mut out = vec![0.0; values.len()];
        let sum = exponentials(&values, 0.5, &mut out);
        for (x, y) in values.iter().zip(&out) {
            let exact = ((*x - 0.5) as f64).exp();
            assert!((*y as f64 - exact).abs() <= 4e-7 * exact + 1e-37, "{x} {y} {exact}");
        }
        assert!((sum - out.iter().sum::<f32>()).abs() < 1e-3 * sum);
    }

    #[test]
    fn sigmoids_and_tangents_have_their_ends_and_keep_a_nan() {
        let mut tangent = [-200.0, -1.0, 0.0, 0.3, 200.0, f32::NAN];
        tangents(&mut tangent);
        for (actual, expected) in tangent.iter().zip([-1.0f32, -0.761_594_2, 0.0, 0.291_312_6, 1.0]) {
            assert!((actual - expected).abs() < 2e-7);
        }
        assert!(tangent[5].is_nan());
        let mut sigmoid = [-200.0, 0.0, 2.0, 200.0];
        sigmoids(&mut sigmoid);
        for (actual, expected) in sigmoid.iter().zip([0.0f32, 0.5, 0.880_797_1, 1.0]) {
            assert!((actual - expected).abs() < 2e-7);
        }
    }
}
