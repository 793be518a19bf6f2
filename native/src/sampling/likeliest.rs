use super::exponential::Exponentials;
use super::row::{CHUNK, Row, Survey};
use multiversion::multiversion;

/// Fills `ids` with the likeliest tokens, lower ids first among equals, −1 where no more have a probability.
pub fn likeliest(row: &Row, survey: &Survey, ids: &mut [i32]) {
    let mut count = 0;
    let mut lowest = f64::NEG_INFINITY;
    for (chunk, &most) in survey.maxima.iter().enumerate() {
        if most <= lowest {
            continue;
        }
        for id in chunk * CHUNK..row.len().min((chunk + 1) * CHUNK) {
            let score = row.score(id);
            if score <= lowest {
                continue;
            }
            let mut rank = count.min(ids.len() - 1);
            while rank > 0 && row.score(ids[rank - 1] as usize) < score {
                ids[rank] = ids[rank - 1];
                rank -= 1;
            }
            ids[rank] = id as i32;
            count = (count + 1).min(ids.len());
            if count == ids.len() {
                lowest = row.score(ids[count - 1] as usize);
            }
        }
    }
    ids[count..].fill(-1);
}

/// Σ e^(score − highest), summed from the first token to the last, as the engine does.
#[multiversion(targets = "simd")]
pub fn sum_of_exponentials(row: &Row, highest: f64, exponentials: &Exponentials) -> f64 {
    let mut scores = [0.0; CHUNK];
    let mut sum = 0.0;
    for chunk in 0..row.len().div_ceil(CHUNK) {
        row.load(chunk, &mut scores);
        for score in &mut scores {
            *score = exponentials.at(*score - highest);
        }
        for each in scores {
            sum += each;
        }
    }
    sum
}
