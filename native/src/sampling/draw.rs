use super::filters::{Boundary, Candidate};
use super::row::{CHUNK, Row, Survey};
use crate::noise::{Draw, philox_block};
use multiversion::multiversion;
use std::f32::consts::LN_2;

/// No noise is larger: `NOISE_MAX` of the engine.
const NOISE_MAX: f64 = 33.0 * std::f64::consts::LN_2;

/// Of bounds in single precision; what they are off is below a tenth of it.
const SLACK: f32 = 1e-4;

/// The kept token with the highest score + noise (`drawToken` of the engine), or nothing where the two highest are
/// within [`margin`]: the engine's own logarithms decide there. Those and ours differ by less than the margin, so the
/// token is the engine's whichever logarithm either has.
///
/// A token is skipped when its score and a bound of its noise stay below the best by more than the margin. A first
/// bound is that of any noise, for a whole chunk and before its random words exist; the second one is from the words.
#[multiversion(targets = "simd")]
pub fn draw(row: &Row, survey: &Survey, kept: Boundary, noise: Draw) -> Option<usize> {
    let &Survey { highest, likeliest, ref maxima } = survey;
    let mut race = Race::new(likeliest, highest + gumbel(word_of(noise, likeliest)));
    let mut scores = [0.0; CHUNK];
    let mut words = [0; CHUNK];
    let mut reaches = [0.0; CHUNK];
    for (chunk, &most) in maxima.iter().enumerate() {
        if most < kept.score || most + NOISE_MAX < race.floor() {
            continue;
        }
        row.load(chunk, &mut scores);
        load_words(noise, chunk, &mut words);
        for ((reach, &word), &score) in reaches.iter_mut().zip(&words).zip(&scores) {
            *reach = (score - highest) as f32 + noise_bound(word);
        }
        let mut floor = (race.floor() - highest) as f32 - SLACK;
        if reaches.iter().map(|&reach| (reach >= floor) as u32).sum::<u32>() == 0 {
            continue;
        }
        for (at, &reach) in reaches.iter().enumerate() {
            let id = chunk * CHUNK + at;
            if reach >= floor && id != likeliest && kept.keeps(scores[at], id) {
                race.enter(id, scores[at] + gumbel(words[at]));
                floor = (race.floor() - highest) as f32 - SLACK;
            }
        }
    }
    race.winner()
}

/// The same where all that is kept is among a few candidates.
pub fn draw_among(candidates: &[Candidate], survey: &Survey, kept: Boundary, noise: Draw) -> Option<usize> {
    let &Survey { highest, likeliest, .. } = survey;
    let mut race = Race::new(likeliest, highest + gumbel(word_of(noise, likeliest)));
    for &Candidate { score, id } in candidates {
        let word = word_of(noise, id);
        let floor = (race.floor() - highest) as f32 - SLACK;
        if (score - highest) as f32 + noise_bound(word) >= floor && id != likeliest && kept.keeps(score, id) {
            race.enter(id, score + gumbel(word));
        }
    }
    race.winner()
}

struct Race {
    winner: usize,
    best: f64,
    second: f64,
}

impl Race {
    fn new(winner: usize, best: f64) -> Self {
        Race { winner, best, second: f64::NEG_INFINITY }
    }

    #[inline(always)]
    fn enter(&mut self, id: usize, perturbed: f64) {
        if perturbed > self.best {
            self.second = self.best;
            (self.winner, self.best) = (id, perturbed);
        } else if perturbed > self.second {
            self.second = perturbed;
        }
    }

    /// What is below has lost.
    #[inline(always)]
    fn floor(&self) -> f64 {
        self.best - margin(self.best)
    }

    fn winner(&self) -> Option<usize> {
        (self.second < self.floor()).then_some(self.winner)
    }
}

/// How far two ways of computing a perturbed score can differ, and more. A logarithm that is off by 4 units in the last
/// place moves −ln(−ln u) ≤ 23 by less than 2⁻⁴⁵, and the sum is rounded to 2⁻⁵³ of itself. One draw in some
/// 10¹² falls within.
#[inline(always)]
fn margin(best: f64) -> f64 {
    const SHARE: f64 = 1.0 / (1u64 << 40) as f64;
    SHARE * (1.0 + best.abs())
}

/// `gumbel` of the engine, but for the last bits of its logarithms.
fn gumbel(word: u32) -> f64 {
    const UNIT: f64 = 1.0 / (1u64 << 32) as f64;
    -(-((word as f64 + 0.5) * UNIT).ln()).ln()
}

/// An upper bound of `gumbel`, at most 0.07 above −ln(1 − u). That is ln 2 · −log₂(1 − u); of 1 − u the first 24 bits
/// are taken, which is less; and what a floating-point number's bits say is less than its logarithm: log₂(1 + m) ≥ m.
#[inline(always)]
fn noise_bound(word: u32) -> f32 {
    const UNIT: f32 = 1.0 / (1 << 23) as f32;
    let rest = (!word >> 8) as i32 as f32;
    LN_2 * ((24 + 127) as f32 - rest.to_bits() as i32 as f32 * UNIT)
}

/// words[i]: random bits of the chunk's i-th token.
#[inline(always)]
fn load_words(noise: Draw, chunk: usize, words: &mut [u32; CHUNK]) {
    let first = (chunk * CHUNK / 4) as u32;
    for (at, words) in words.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        *words = philox_block(noise, first + at as u32);
    }
}

fn word_of(noise: Draw, id: usize) -> u32 {
    philox_block(noise, id as u32 >> 2)[id & 3]
}
