//! `exponential` of packages/engine/src/sampling, the same to the bit: its table comes from there, and products and
//! sums are rounded one by one (Rust fuses none).

const LOWEST: f64 = -40.0;
const STEPS_PER_UNIT: f64 = 64.0;
/// e^(−j/64) for j up to 2,560.
const ENTRIES: usize = 2_561;
/// A power of two, so that no index needs a check.
const ROOM: usize = 4_096;

pub struct Exponentials(Box<[f64; ROOM]>);

impl Exponentials {
    pub fn of(table: &[f64]) -> Option<Self> {
        let mut values = Box::new([0.0; ROOM]);
        (table.len() == ENTRIES).then(|| {
            values[..ENTRIES].copy_from_slice(table);
            Exponentials(values)
        })
    }

    /// e^x for x ≤ 0, and 0 below −40. Of other numbers it is something.
    #[inline(always)]
    pub fn at(&self, x: f64) -> f64 {
        let bounded = if x >= LOWEST { x } else { LOWEST };
        let bounded = if bounded <= 0.0 { bounded } else { 0.0 };
        // SAFETY: within [0, 2560].
        let index = unsafe { (bounded * -STEPS_PER_UNIT).to_int_unchecked::<i32>() };
        let rest = bounded + index as f64 / STEPS_PER_UNIT;
        let series = 1.0 + rest * (1.0 + rest * (1.0 / 2.0 + rest * (1.0 / 6.0 + rest * (1.0 / 24.0))));
        let value = self.0[index as usize & (ROOM - 1)] * series;
        if x >= LOWEST { value } else { 0.0 }
    }
}
