//! top-p without a sort. A token's noise does not depend on which others survive, so one that wins among all and
//! survives also wins among the survivors: whether it survives is one sum. When it does not, the boundary ranks before
//! it, and the next draw is among what does.

use super::filters::Boundary;
use super::row::{CHUNK, Row, Survey};
use crate::functions::total;
use multiversion::multiversion;

/// The smallest set of likeliest tokens whose probability reaches p of what is kept. Probabilities are in units of the
/// likeliest token's.
pub struct Nucleus<'a> {
    row: &'a Row<'a>,
    survey: &'a Survey,
    target: f64,
    /// More than what sums differ from the engine's, which rounds each mass to 2⁻³², and the target up to a whole one.
    error: f64,
}

pub enum Verdict {
    Survives,
    /// Neither it nor what ranks behind it survives.
    Dropped,
    /// Nothing but the likeliest token survives.
    OnlyFirst,
    /// Too close to tell without the engine's whole masses.
    Unclear,
}

impl<'a> Nucleus<'a> {
    pub fn of(row: &'a Row<'a>, survey: &'a Survey, kept: Boundary, top_p: f64) -> Self {
        const UNIT: f64 = 1.0 / (1u64 << 32) as f64;
        let total = mass_before(row, survey, kept);
        Nucleus { row, survey, target: top_p * total, error: ERROR * total + (row.len() + 2) as f64 * UNIT }
    }

    /// Of a kept token: it survives if what ranks before it falls short of the target.
    pub fn verdict(&self, id: usize) -> Verdict {
        let own = Boundary { score: self.row.score(id), end: id };
        if own.score == self.survey.highest && id == self.survey.likeliest {
            return Verdict::Survives;
        }
        if self.target + self.error < 1.0 {
            return Verdict::OnlyFirst;
        }
        let before = mass_before(self.row, self.survey, own);
        if before + self.error < self.target {
            Verdict::Survives
        } else if before - self.error > self.target {
            Verdict::Dropped
        } else {
            Verdict::Unclear
        }
    }
}

/// Of [`exponential`] and single-precision sums, relative: several times what it is.
const ERROR: f64 = 3e-5;

#[multiversion(targets = "simd")]
fn mass_before(row: &Row, survey: &Survey, end: Boundary) -> f64 {
    let mut scores = [0.0; CHUNK];
    let mut masses = [0f32; CHUNK];
    let mut mass = 0.0;
    for (chunk, &most) in survey.maxima.iter().enumerate() {
        if most < end.score {
            continue;
        }
        row.load(chunk, &mut scores);
        let least = end.least(chunk);
        for (mass, &score) in masses.iter_mut().zip(&scores) {
            let own = exponential((score - survey.highest) as f32);
            *mass = if score >= least { own } else { 0.0 };
        }
        for at in end.tied(chunk, &scores) {
            masses[at] = 0.0;
        }
        mass += sum(&masses) as f64;
    }
    mass
}

#[inline(always)]
fn sum(values: &[f32; CHUNK]) -> f32 {
    let mut lanes = [0f32; 16];
    for values in values.as_chunks::<16>().0 {
        for lane in 0..16 {
            lanes[lane] += values[lane];
        }
    }
    total(lanes)
}

/// e^x for x ≤ 0, to 6 · 10⁻⁶ of itself where it counts: 2^n · 2^r, the latter interpolated at Chebyshev's five nodes.
/// Below −60 it is as if −60.
#[inline(always)]
fn exponential(x: f32) -> f32 {
    /// Adding and taking it away again rounds to a whole number.
    const ROUNDING: f32 = 12_582_912.0;
    let power = (if x > -60.0 { x } else { -60.0 }) * std::f32::consts::LOG2_E;
    let shifted = power + ROUNDING;
    let r = power - (shifted - ROUNDING);
    let mut significand = 0.009_666_368;
    for term in [0.055_921_976, 0.240_223_5, 0.693_121, 1.0] {
        significand = significand * r + term;
    }
    f32::from_bits(f32::to_bits(significand).wrapping_add(shifted.to_bits() << 23))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_are_as_near_as_the_error_says() {
        for at in 0..230_000 {
            let x = at as f32 * -1e-4;
            assert!((exponential(x) as f64 / (x as f64).exp() - 1.0).abs() < 0.2 * ERROR, "{x}");
        }
        assert!(exponential(f32::NEG_INFINITY) < 1e-25);
    }
}
