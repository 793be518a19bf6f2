//! What of a tenant's own is added to the draft's maps.

use super::{Draft, Shape};
use crate::matrix::{Columns, Rows};
use crate::noise::NoiseOrder;
use crate::tensors::Tensors;

/// A low-rank term: x · a · b.
pub(super) struct Pair {
    pub(super) a: Columns,
    pub(super) b: Columns,
}

impl Pair {
    /// rank = x · a
    fn down(&self, x: &[f32], rank: &mut Vec<f32>) {
        rank.clear();
        rank.resize(self.a.outer(), 0.0);
        self.a.add_product(x, 0..self.a.outer(), rank);
    }

    /// out += x · a · b
    pub(super) fn add(&self, x: &[f32], rank: &mut Vec<f32>, out: &mut [f32]) {
        self.down(x, rank);
        self.b.add_product(rank, 0..self.b.outer(), out);
    }
}

/// A tenant's adapter.
pub struct Adapter {
    pub classes: usize,
    pub(super) state_in: Pair,
    pub(super) residual: Pair,
    pub(super) token_gates: Pair,
    pub(super) pointer_hidden: Pair,
    /// [s, 4r]: what the state is multiplied down with for its gates, its query, the head and the pointer's query.
    pub(super) from_state: Columns,
    /// [r, 2s], [r, d], [r, V + H], [r, R]
    pub(super) state_gates: Columns,
    pub(super) query: Columns,
    pub(super) head: Columns,
    pub(super) pointer_query: Columns,
    pub(super) pointer_bias: f32,
    /// [V + h], the draft's own included
    pub(super) head_bias: Vec<f32>,
    /// [V + H + 1, k], [k, V + H]
    pub(super) markov: Pair,
    /// [h, d]: the hot tokens' rows of the target's head, and as they enter the draft.
    pub(super) hot_head: Rows,
    pub(super) hot_inputs: Vec<f32>,
    pub(super) noise: NoiseOrder,
}

impl Adapter {
    /// `tensors` are the adapter's parameters, and `hot_head` and `hot_inputs` [h, d]; `ids` [V + h] are the target's.
    pub fn new(draft: &Draft, tensors: &Tensors, ids: &[i32]) -> Result<Self, String> {
        let Shape { hidden: d, state: s, vocabulary: v, pointer: p, .. } = draft.shape;
        let Shape { adapter_rank: r, adapter_hot: most, adapter_markov: k, .. } = draft.shape;
        let precision = draft.precision;
        let hot = ids.len().checked_sub(v).filter(|&hot| hot <= most).ok_or("the hot-list has a wrong length")?;
        let all = v + most;
        let pair = |name: &str, rows: usize, rank: usize, columns: usize| -> Result<Pair, String> {
            Ok(Pair {
                a: Columns::new(tensors.take(&format!("{name}.a"), rows * rank)?, rank, precision),
                b: Columns::new(tensors.take(&format!("{name}.b"), rank * columns)?, columns, precision),
            })
        };
        let up = |name: &str, columns: usize| {
            tensors.take(&format!("{name}.b"), r * columns).map(|values| Columns::new(values, columns, precision))
        };
        let downs = ["state_gates.a", "query.a", "head.a", "pointer_query.a"].map(|name| tensors.take(name, s * r));
        let mut joined = Vec::with_capacity(4 * s * r);
        for row in 0..s {
            for down in &downs {
                joined.extend_from_slice(&down.clone()?[row * r..(row + 1) * r]);
            }
        }
        let mut head_bias = tensors.take("head_bias", all)?[..v + hot].to_vec();
        for (own, shared) in head_bias.iter_mut().zip(&draft.head_bias) {
            *own += shared;
        }
        Ok(Adapter {
            classes: v + hot,
            state_in: pair("state_in", d, r, s)?,
            residual: pair("residual", d, r, d)?,
            token_gates: pair("token_gates", d, r, 2 * s)?,
            pointer_hidden: pair("pointer_hidden", d, r, p)?,
            from_state: Columns::new(&joined, 4 * r, precision),
            state_gates: up("state_gates", 2 * s)?,
            query: up("query", d)?,
            head: up("head", all)?,
            pointer_query: up("pointer_query", p)?,
            pointer_bias: tensors.take("pointer_bias", 1)?[0],
            head_bias,
            markov: pair("markov", all + 1, k, all)?,
            hot_head: Rows::new(tensors.take("hot_head", hot * d)?.to_vec(), d, precision),
            hot_inputs: tensors.take("hot_inputs", hot * d)?.to_vec(),
            noise: NoiseOrder::new(ids),
        })
    }

    pub fn bytes(&self) -> usize {
        let pairs = [&self.state_in, &self.residual, &self.token_gates, &self.pointer_hidden, &self.markov];
        let more = [&self.from_state, &self.state_gates, &self.query, &self.head, &self.pointer_query];
        let pairs = pairs.iter().map(|pair| pair.a.bytes() + pair.b.bytes()).sum::<usize>();
        let pairs = pairs + more.iter().map(|columns| columns.bytes()).sum::<usize>();
        pairs + 5 * self.hot_inputs.len() + 12 * self.classes
    }
}
