use super::exponential::Exponentials;
use super::row::{CHUNK, Row, Survey};
use multiversion::multiversion;
use std::cmp::Ordering;

/// `MASS_ONE` and `MASSLESS` of the engine.
const MASS_ONE: f64 = (1u64 << 32) as f64;
const MASSLESS: f64 = 23.0;

/// Width of a bucket: 1/16 nat. The last one takes everything beyond 32 nats.
const BUCKETS_PER_NAT: f64 = 16.0;
const BUCKETS: usize = 512;

pub struct Filters {
    pub ln_min_p: f64,
    /// 0 keeps all.
    pub top_k: f64,
    pub top_p: f64,
}

/// The last token that filters keep, in the order of scores, lower ids first among equals.
#[derive(Clone, Copy)]
pub struct Boundary {
    pub score: f64,
    pub id: usize,
}

impl Boundary {
    pub const NONE: Boundary = Boundary { score: f64::NEG_INFINITY, id: usize::MAX };

    #[inline(always)]
    pub fn keeps(&self, score: f64, id: usize) -> bool {
        score > self.score || score == self.score && id <= self.id
    }
}

/// What a token weighs.
#[derive(Clone, Copy)]
enum Weight<'a> {
    One,
    Mass(&'a Exponentials),
}

impl Weight<'_> {
    /// A whole number, so that sums are exact in any order.
    #[inline(always)]
    fn of(&self, distance: f64) -> f64 {
        match self {
            Weight::One => 1.0,
            Weight::Mass(exponentials) => (exponentials.at(-distance) * MASS_ONE + 0.5).floor(),
        }
    }
}

/// Room for tokens whose survival is open.
#[derive(Default)]
pub struct Open(Vec<(f64, usize, f64)>);

/// `applyFilters` of the engine: min-p, then top-k, then top-p.
pub fn boundary(
    row: &Row,
    survey: &Survey,
    filters: &Filters,
    exponentials: &Exponentials,
    open: &mut Open,
) -> Boundary {
    let &Filters { ln_min_p, top_k, top_p } = filters;
    let massless = if top_p < 1.0 { survey.highest - MASSLESS } else { f64::NEG_INFINITY };
    let mut kept = Boundary { score: massless.max(survey.highest + ln_min_p), ..Boundary::NONE };
    if top_k > 0.0 {
        kept = prefix(row, survey, kept, Weight::One, |_| top_k, open);
    }
    if top_p < 1.0 {
        kept = prefix(row, survey, kept, Weight::Mass(exponentials), |total| (top_p * total).ceil().max(1.0), open);
    }
    kept
}

/// The end of the smallest prefix of the order whose weight reaches a target. One pass weighs buckets of equal distance
/// from the highest score, a second one collects the bucket where the target falls.
fn prefix(
    row: &Row,
    survey: &Survey,
    kept: Boundary,
    weight: Weight,
    target: impl Fn(f64) -> f64,
    Open(open): &mut Open,
) -> Boundary {
    let mut buckets = [0.0; BUCKETS];
    weigh(row, survey, kept, weight, &mut buckets);
    let total: f64 = buckets.iter().sum();
    let mut remaining = target(total);
    if remaining >= total && matches!(weight, Weight::One) {
        return kept;
    }
    let mut bucket = 0;
    while bucket < BUCKETS - 1 && buckets[bucket] < remaining {
        remaining -= buckets[bucket];
        bucket += 1;
    }
    open.clear();
    collect(row, survey, kept, bucket, open);
    for (score, _, own) in open.iter_mut() {
        *own = weight.of(survey.highest - *score);
    }
    last_of(open, remaining).unwrap_or(kept)
}

#[multiversion(targets = "simd")]
fn weigh(row: &Row, survey: &Survey, kept: Boundary, weight: Weight, buckets: &mut [f64; BUCKETS]) {
    let mut scores = [0.0; CHUNK];
    let mut weights = [0.0; CHUNK];
    let mut places = [0u32; CHUNK];
    for (chunk, &most) in survey.maxima.iter().enumerate() {
        if most < kept.score {
            continue;
        }
        row.load(chunk, &mut scores);
        let first = chunk * CHUNK;
        for at in 0..CHUNK {
            let distance = survey.highest - scores[at];
            let counts = kept.keeps(scores[at], first + at) && scores[at] > f64::NEG_INFINITY;
            weights[at] = if counts { weight.of(distance) } else { 0.0 };
            places[at] = place_of(distance);
        }
        for (&place, &weight) in places.iter().zip(&weights) {
            buckets[place as usize & (BUCKETS - 1)] += weight;
        }
    }
}

/// Monotone in the distance, so buckets respect the order.
#[inline(always)]
fn place_of(distance: f64) -> u32 {
    let place = distance * BUCKETS_PER_NAT;
    let bounded = if place < (BUCKETS - 1) as f64 { place } else { (BUCKETS - 1) as f64 };
    // SAFETY: a distance is not negative.
    unsafe { bounded.to_int_unchecked::<i32>() as u32 }
}

/// The kept tokens of a bucket, without their weights.
#[multiversion(targets = "simd")]
fn collect(row: &Row, survey: &Survey, kept: Boundary, bucket: usize, open: &mut Vec<(f64, usize, f64)>) {
    let mut scores = [0.0; CHUNK];
    let mut places = [0u32; CHUNK];
    for (chunk, &most) in survey.maxima.iter().enumerate() {
        if most < kept.score || place_of(survey.highest - most) as usize > bucket {
            continue;
        }
        row.load(chunk, &mut scores);
        for (place, score) in places.iter_mut().zip(&scores) {
            *place = place_of(survey.highest - score);
        }
        for (at, &place) in places.iter().enumerate() {
            let id = chunk * CHUNK + at;
            if place as usize == bucket && kept.keeps(scores[at], id) && scores[at] > f64::NEG_INFINITY {
                open.push((scores[at], id, 0.0));
            }
        }
    }
}

/// Halves what is open until the token is found that reaches the target.
fn last_of(open: &mut [(f64, usize, f64)], mut remaining: f64) -> Option<Boundary> {
    let mut open = open;
    while open.len() > 1 {
        let middle = open.len() / 2;
        open.select_nth_unstable_by(middle, order);
        let (front, back) = open.split_at_mut(middle);
        let before: f64 = front.iter().map(|each| each.2).sum();
        open = if before >= remaining {
            front
        } else {
            remaining -= before;
            back
        };
    }
    open.first().map(|&(score, id, _)| Boundary { score, id })
}

/// Score descending, id ascending. No score is NaN, and 0 equals −0.
fn order(a: &(f64, usize, f64), b: &(f64, usize, f64)) -> Ordering {
    b.0.partial_cmp(&a.0).unwrap_or(Ordering::Equal).then(a.1.cmp(&b.1))
}
