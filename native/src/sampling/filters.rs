//! min-p and top-k, as the end of what they keep.

use super::row::{CHUNK, Chunk, Row, Survey, peaks};
use multiversion::multiversion;
use std::cmp::Ordering;

/// Below this distance from the likeliest token top-p counts a token as nothing: `MASSLESS` of the engine.
const MASSLESS: f64 = 23.0;

pub struct Filters {
    pub ln_min_p: f64,
    /// 0 keeps all.
    pub top_k: usize,
    /// 1 keeps all.
    pub top_p: f64,
}

/// An end in the order of scores, lower ids first among equals: tokens of a higher score are before it, and of those
/// with this score the ones below `end`.
#[derive(Clone, Copy)]
pub struct Boundary {
    pub score: f64,
    pub end: usize,
}

impl Boundary {
    pub const NONE: Boundary = Boundary { score: f64::NEG_INFINITY, end: usize::MAX };

    #[inline(always)]
    pub fn keeps(&self, score: f64, id: usize) -> bool {
        score > self.score || score == self.score && id < self.end
    }

    /// The least score of a chunk that is kept; in the chunk of the end itself, but for those [`tied`](Self::tied).
    #[inline(always)]
    pub fn least(&self, chunk: usize) -> f64 {
        if chunk * CHUNK < self.end { self.score } else { self.score.next_up() }
    }

    /// The places in the chunk of the end that have its score and come too late.
    #[inline(always)]
    pub fn tied(&self, chunk: usize, scores: &Chunk) -> impl Iterator<Item = usize> {
        let here = self.end / CHUNK == chunk;
        let late = if here { self.end % CHUNK..CHUNK } else { 0..0 };
        late.filter(|&at| scores[at] == self.score)
    }
}

#[derive(Clone, Copy)]
pub struct Candidate {
    pub score: f64,
    pub id: usize,
}

impl Candidate {
    /// Score descending, id ascending. No score is NaN, and 0 equals −0.
    fn order(&self, other: &Self) -> Ordering {
        other.score.partial_cmp(&self.score).unwrap_or(Ordering::Equal).then(self.id.cmp(&other.id))
    }
}

/// What min-p and then top-k keep; for top-p, of what counts for it. `candidates` receives what top-k keeps.
pub fn boundary(row: &Row, survey: &Survey, filters: &Filters, candidates: &mut Vec<Candidate>) -> Boundary {
    let &Filters { ln_min_p, top_k, top_p } = filters;
    let massless = if top_p < 1.0 { survey.highest - MASSLESS } else { f64::NEG_INFINITY };
    let kept = Boundary { score: massless.max(survey.highest + ln_min_p), ..Boundary::NONE };
    if top_k == 0 {
        return kept;
    }
    candidates.clear();
    collect(row, survey, kept.score.max(lower_bound(row, survey, top_k)), candidates);
    if candidates.len() < top_k {
        return kept;
    }
    let &mut Candidate { score, id } = candidates.select_nth_unstable_by(top_k - 1, Candidate::order).1;
    candidates.truncate(top_k);
    Boundary { score, end: id + 1 }
}

/// A score that at least `count` tokens reach: of as many disjoint sets of tokens, the least maximum.
fn lower_bound(row: &Row, survey: &Survey, count: usize) -> f64 {
    let mut most = Vec::new();
    if count <= survey.maxima.len() {
        most.extend_from_slice(&survey.maxima);
    } else {
        fine_maxima(row, &mut most);
    }
    if count > most.len() {
        return f64::NEG_INFINITY;
    }
    *most.select_nth_unstable_by(count - 1, |a, b| b.total_cmp(a)).1
}

#[multiversion(targets = "simd")]
fn fine_maxima(row: &Row, most: &mut Vec<f64>) {
    let mut scores = [0.0; CHUNK];
    for chunk in 0..row.len().div_ceil(CHUNK) {
        row.load(chunk, &mut scores);
        most.extend_from_slice(&peaks(&scores));
    }
}

/// The possible tokens from a score on.
#[multiversion(targets = "simd")]
fn collect(row: &Row, survey: &Survey, from: f64, candidates: &mut Vec<Candidate>) {
    let mut scores = [0.0; CHUNK];
    for (chunk, &most) in survey.maxima.iter().enumerate() {
        if most < from {
            continue;
        }
        row.load(chunk, &mut scores);
        for (at, &score) in scores.iter().enumerate() {
            if score >= from && score > f64::NEG_INFINITY {
                candidates.push(Candidate { score, id: chunk * CHUNK + at });
            }
        }
    }
}
