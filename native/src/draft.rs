//! The recurrent draft's weights, a tenant's adapter, and (in `chain`) what they compute; packages/drafting/src/recurrent/definition.ts has the formula and
//! reference.ts the specification. Sizes: d hidden width, s state, V vocabulary, m and k the ranks of the shared and
//! the tenant's Markov bias, r an adapter's rank, R the pointer's width, h the adapter's hot tokens.

mod chain;

use crate::matrix::{Columns, Precision, Rows, transposed};
use crate::noise::NoiseOrder;
use crate::tensors::Tensors;
pub use chain::{End, Start, Task, Workspace};

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    pub hidden: usize,
    pub state: usize,
    pub vocabulary: usize,
    pub markov: usize,
    pub pointer: usize,
    pub adapter_rank: usize,
    pub adapter_hot: usize,
    pub adapter_markov: usize,
}

/// The static draft's weights.
pub struct Draft {
    pub shape: Shape,
    pub precision: Precision,
    /// [s + d + R, d]: state_in, residual, pointer_hidden
    from_hidden: Rows,
    /// [2s + d + R, s]: state_gates, query, pointer_query
    from_state: Rows,
    /// [2s, d]
    token_gates: Rows,
    /// [2s]
    gate_bias: Vec<f32>,
    /// [V, 2s]: what each draft token adds to the gates, bias included.
    gate_rows: Vec<f32>,
    /// [V, d]
    head: Rows,
    head_bias: Vec<f32>,
    /// [V + 1, m], [m, V]
    markov_rows: Columns,
    markov_up: Columns,
    /// [V, d]: the draft's tokens as they enter it.
    inputs: Vec<f32>,
    pointer_bias: f32,
    confidence_state: Vec<f32>,
    confidence_top: f32,
    confidence_bias: f32,
    noise: NoiseOrder,
}

impl Draft {
    /// `tensors` are the draft's parameters, `head` [V, d] and `inputs` [V, d] of the target's tables; `ids` [V] are the
    /// target's.
    pub fn new(shape: Shape, precision: Precision, tensors: &Tensors, ids: &[i32]) -> Result<Self, String> {
        let Shape { hidden: d, state: s, vocabulary: v, markov: m, pointer: p, .. } = shape;
        if ids.len() != v {
            return Err(format!("{} token ids for a vocabulary of {v}", ids.len()));
        }
        let rows = |name: &str, inner: usize, outer: usize| {
            tensors.take(name, inner * outer).map(|values| transposed(values, outer))
        };
        let joined = |parts: [Vec<f32>; 3], columns: usize| Rows::new(parts.concat(), columns, precision);
        let inputs = tensors.take("inputs", v * d)?.to_vec();
        let gate_bias = tensors.take("gate_bias", 2 * s)?.to_vec();
        let token_gates = tensors.take("token_gates", d * 2 * s)?;
        let mut gate_rows = gate_bias.repeat(v);
        let exact = Columns::new(token_gates, 2 * s, Precision::Full);
        for (input, gates) in inputs.chunks_exact(d).zip(gate_rows.chunks_exact_mut(2 * s)) {
            exact.add_product(input, 0..2 * s, gates);
        }
        let columns = |name: &str, inner: usize, outer: usize| {
            tensors.take(name, inner * outer).map(|values| Columns::new(values, outer, precision))
        };
        Ok(Draft {
            shape,
            precision,
            from_hidden: joined([rows("state_in", d, s)?, rows("residual", d, d)?, rows("pointer_hidden", d, p)?], d),
            from_state: joined([rows("state_gates", s, 2 * s)?, rows("query", s, d)?, rows("pointer_query", s, p)?], s),
            token_gates: Rows::new(transposed(token_gates, 2 * s), d, precision),
            gate_bias,
            gate_rows,
            head: Rows::new(tensors.take("head", v * d)?.to_vec(), d, precision),
            head_bias: tensors.take("head_bias", v)?.to_vec(),
            markov_rows: columns("markov_rows", v + 1, m)?,
            markov_up: columns("markov_up", m, v)?,
            inputs,
            pointer_bias: tensors.take("pointer_bias", 1)?[0],
            confidence_state: tensors.take("confidence_state", s)?.to_vec(),
            confidence_top: tensors.take("confidence_top", 1)?[0],
            confidence_bias: tensors.take("confidence_bias", 1)?[0],
            noise: NoiseOrder::new(ids),
        })
    }
}

/// A low-rank term: x · a · b.
struct Pair {
    a: Columns,
    b: Columns,
}

impl Pair {
    /// rank = x · a
    fn down(&self, x: &[f32], rank: &mut Vec<f32>) {
        rank.clear();
        rank.resize(self.a.outer(), 0.0);
        self.a.add_product(x, 0..self.a.outer(), rank);
    }

    /// out += x · a · b
    fn add(&self, x: &[f32], rank: &mut Vec<f32>, out: &mut [f32]) {
        self.down(x, rank);
        self.b.add_product(rank, 0..self.b.outer(), out);
    }
}

/// A tenant's adapter.
pub struct Adapter {
    pub classes: usize,
    state_in: Pair,
    residual: Pair,
    token_gates: Pair,
    pointer_hidden: Pair,
    /// [s, 4r]: what the state is multiplied down with for its gates, its query, the head and the pointer's query.
    from_state: Columns,
    /// [r, 2s], [r, d], [r, V + H], [r, R]
    state_gates: Columns,
    query: Columns,
    head: Columns,
    pointer_query: Columns,
    pointer_bias: f32,
    /// [V + h], the draft's own included
    head_bias: Vec<f32>,
    /// [V + H + 1, k], [k, V + H]
    markov: Pair,
    /// [h, d]: the hot tokens' rows of the target's head, and as they enter the draft.
    hot_head: Rows,
    hot_inputs: Vec<f32>,
    noise: NoiseOrder,
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
