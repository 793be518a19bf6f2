//! Which token a chain takes next, and how sure the draft is of it.

use super::Draft;
use super::workspace::{Own, Work};
use crate::functions::{exponentials, maximum, place_of_maximum, sigmoid};
use crate::noise::Draw;
use crate::products::dots;

/// As in definition.ts.
const SHARE_MIN: f32 = 1e-30;
const SHARE_GAP: f32 = 1e-5;

impl Draft {
    /// The draft id of the next token, and the logarithm of its share.
    pub(super) fn choose(&self, step: u32, work: &Work, own: &mut Own) -> (usize, f32) {
        let Own { scores, shares, weights, heard, words, .. } = own;
        let start = work.start;
        // SAFETY: see `open`.
        let logits = unsafe { work.logits.read(0, work.bias(self).len()) };
        let top = maximum(logits).max(maximum(scores));
        shares.resize(logits.len(), 0.0);
        weights.resize(scores.len(), 0.0);
        let sum = exponentials(logits, top, shares) + exponentials(scores, top, weights);
        let pointed = |place: &i32| usize::try_from(*place).ok().filter(|&place| place < logits.len());
        for (place, weight) in start.places.iter().zip(weights.iter()) {
            if let Some(place) = pointed(place) {
                shares[place] += weight;
            }
        }
        let place = if let Some((draw, temperature)) = start.noise {
            let order = start.adapter.map_or(&self.noise, |adapter| &adapter.noise);
            heard.resize(logits.len(), 0.0);
            let position = draw.position.wrapping_add(step);
            order.fill(Draw { position, ..draw }, temperature, words, heard);
            // Where nothing points the logarithm of a share is its logit.
            let mut lifted: Vec<(usize, f32)> = Vec::with_capacity(start.places.len());
            for place in start.places.iter().filter_map(pointed) {
                lifted.push((place, heard[place] + (shares[place] + SHARE_MIN).ln()));
            }
            for (heard, logit) in heard.iter_mut().zip(logits.iter()) {
                *heard += logit - top;
            }
            for (place, value) in lifted {
                heard[place] = value;
            }
            place_of_maximum(heard)
        } else {
            place_of_maximum(shares)
        };
        (place, (shares[place] / sum + SHARE_MIN).ln())
    }

    pub(super) fn confidence(&self, log_share: f32, state: &[f32]) -> f32 {
        let rest = (1.0 + SHARE_GAP - log_share.exp()).ln();
        let mut logit = [0.0];
        dots(&self.confidence_state, state, &mut logit);
        let chance = sigmoid(logit[0] + (log_share - rest) * (1.0 + self.confidence_top) + self.confidence_bias);
        if chance.is_nan() { 0.0 } else { chance }
    }
}
