//! The recurrent draft's weights, a tenant's adapter, and (in `chain`) what they compute;
//! packages/drafting/src/recurrent/definition.ts has the formula and reference.ts the specification. Sizes:
//! d hidden width, s state, V vocabulary, m and k the ranks of the shared and the tenant's Markov bias, r an adapter's
//! rank, R the pointer's width, h the adapter's hot tokens.

mod adapter;
mod cell;
mod chain;
mod choice;
mod scores;
mod workspace;

use crate::matrix::{Columns, Precision, Rows, transposed};
use crate::noise::NoiseOrder;
use crate::tensors::Tensors;
pub use adapter::Adapter;
pub use chain::{End, Start, Task};
pub use workspace::Workspace;

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

fn copy(out: &mut Vec<f32>, values: &[f32]) {
    out.clear();
    out.extend_from_slice(values);
}

fn add(out: &mut [f32], values: &[f32]) {
    for (out, value) in out.iter_mut().zip(values) {
        *out += value;
    }
}
