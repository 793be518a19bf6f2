/// A vector as both kinds of rows read it. Reused from token to token.
#[derive(Default)]
pub struct Activation {
    pub values: Vec<f32>,
    /// `scale · compact` is nearly `values`.
    pub(super) compact: Vec<i16>,
    pub(super) scale: f32,
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

pub(super) fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |most: f32, value| most.max(value.abs()))
}
