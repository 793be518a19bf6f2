//! Attention of the queries of one head over its cached rows and the new ones that each may see. Every sum goes over the
//! rows in their order, so a query's result does not depend on which of them were cached before.

use crate::functions::softmax_in_place;
use crate::products::{add_products, add_scaled_rows, dots};
use std::ops::Range;

pub struct Query<'a> {
    /// [size], scaled
    pub vector: &'a [f32],
    /// The new rows that it sees, in order.
    pub visible: &'a [usize],
    /// [size]: receives the values' mean by its shares.
    pub out: &'a mut [f32],
}

/// Keys, or values, that stay in the nearest cache while all queries meet them.
const ROWS: usize = 32;

#[derive(Default)]
pub struct Room {
    scores: Vec<f32>,
    means: Vec<f32>,
}

/// Keys and values are [rows, size] each.
pub fn attention(mut queries: Vec<Query>, cached: (&[f32], &[f32]), new: (&[f32], &[f32]), room: &mut Room) {
    let Room { scores, means } = room;
    let size = queries.first().map_or(1, |query| query.vector.len());
    let past = cached.0.len() / size;
    let stride = past + new.0.len() / size;
    scores.resize(queries.len() * stride, 0.0);
    for (block, keys) in cached.0.chunks(ROWS * size).enumerate() {
        for (query, scores) in queries.iter().zip(scores.chunks_exact_mut(stride)) {
            dots(keys, query.vector, &mut scores[block * ROWS..][..keys.len() / size]);
        }
    }
    for (query, scores) in queries.iter().zip(scores.chunks_exact_mut(stride)) {
        let mut at = past;
        for run in runs(query.visible) {
            dots(&new.0[run.start * size..run.end * size], query.vector, &mut scores[at..at + run.len()]);
            at += run.len();
        }
        let scores = &mut scores[..past + query.visible.len()];
        softmax_in_place(scores);
    }
    means.clear();
    means.resize(queries.len() * size, 0.0);
    for (block, values) in cached.1.chunks(ROWS * size).enumerate() {
        add_products(values, size, &scores[block * ROWS..], stride, means);
    }
    let means = means.chunks_exact_mut(size);
    for ((query, shares), mean) in queries.iter_mut().zip(scores.chunks_exact(stride)).zip(means) {
        let mut at = past;
        for run in runs(query.visible) {
            add_scaled_rows(&new.1[run.start * size..run.end * size], &shares[at..at + run.len()], mean);
            at += run.len();
        }
        query.out.copy_from_slice(mean);
    }
}

/// Rows that lie side by side, together: all of them where the mask is the causal one.
fn runs(rows: &[usize]) -> impl Iterator<Item = Range<usize>> {
    rows.chunk_by(|row, next| row + 1 == *next).map(|run| run[0]..run[0] + run.len())
}
