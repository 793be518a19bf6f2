use multiversion::multiversion;

/// A vector as both kinds of rows read it. Reused from token to token.
#[derive(Default)]
pub struct Activation {
    pub values: Vec<f32>,
    /// `scale · compact` is nearly `values`.
    pub(super) compact: Vec<i16>,
    /// `compact + OFFSET` in two halves of 7 bits, which is how processors multiply bytes: compact = 128 · upper + lower −
    /// OFFSET. As long as whole vectors, the rest zeros.
    pub(super) upper: Vec<u8>,
    pub(super) lower: Vec<u8>,
    pub(super) scale: f32,
}

/// Above every `compact`.
pub(super) const OFFSET: i32 = 1 << 13;
const HALF_BITS: u32 = 7;
/// Bytes of the widest vector.
const WIDTH: usize = 64;

impl Activation {
    pub fn set(&mut self, values: &[f32]) {
        self.values.clear();
        self.values.extend_from_slice(values);
        self.refresh();
    }

    /// After `values` were changed in place. The sum of a row's products stays below 2³¹. One number that is not finite
    /// makes all products NaN.
    pub fn refresh(&mut self) {
        let size = self.values.len();
        let most = (i32::MAX / (127 * size.max(1) as i32)).min(OFFSET - 1) as f32;
        let (largest, poison) = extent(&self.values);
        self.scale = largest / most + poison;
        let inverse = if self.scale > 0.0 { 1.0 / self.scale } else { 0.0 };
        self.compact.resize(size, 0);
        self.upper.resize(size.next_multiple_of(WIDTH), 0);
        self.lower.resize(size.next_multiple_of(WIDTH), 0);
        round(&self.values, inverse, &mut self.compact, &mut self.upper, &mut self.lower);
    }
}

/// The largest absolute value; and 0, or NaN where a number is not finite.
#[multiversion(targets = "simd")]
pub(super) fn extent(values: &[f32]) -> (f32, f32) {
    const LANES: usize = 16;
    let (mut most, mut poison) = ([0f32; LANES], [0f32; LANES]);
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for lane in 0..LANES {
            let size = chunk[lane].abs();
            most[lane] = if size > most[lane] { size } else { most[lane] };
            poison[lane] += chunk[lane] * 0.0;
        }
    }
    let most = most.iter().copied().chain(rest.iter().map(|value| value.abs())).fold(0.0, f32::max);
    (most, poison.iter().chain(rest).map(|value| value * 0.0).sum())
}

#[multiversion(targets = "simd")]
fn round(values: &[f32], inverse: f32, compact: &mut [i16], upper: &mut [u8], lower: &mut [u8]) {
    /// Adding it rounds to a whole number, to even ones in the middle, that the lowest bits hold.
    const ROUNDING: f32 = 12_582_912.0;
    for (at, value) in values.iter().enumerate() {
        let whole = (value * inverse + ROUNDING).to_bits() as i16;
        let raised = (whole as i32 + OFFSET) as u32;
        compact[at] = whole;
        upper[at] = (raised >> HALF_BITS & 127) as u8;
        lower[at] = (raised & 127) as u8;
    }
}
