//! The weights of one layer, in the order in which threads read them.

use super::Shape;
use crate::tile::PANEL;
use crate::weights::{Store, Weights};

pub(super) struct Layer {
    pub(super) norm: Vec<f32>,
    /// Per key-value head: the rows of its queries, its key and its value.
    pub(super) heads: Vec<Weights>,
    /// [heads + key_value_heads, head_dim]
    pub(super) head_norms: Option<Vec<f32>>,
    pub(super) output: Weights,
    pub(super) feed_forward_norm: Vec<f32>,
    /// A panel of gates, then the panel of the same outputs upwards, and so on.
    pub(super) gate_up: Weights,
    pub(super) down: Weights,
}

pub(super) fn layer_of(shape: Shape, weights: &Store, layer: usize) -> Result<Layer, String> {
    let Shape { heads, key_value_heads, head_dim: size, hidden: d, feed_forward, .. } = shape;
    let group = heads / key_value_heads;
    let named = |name: &str| format!("layers.{layer}.{name}");
    let vector = |name: &str, length: usize| weights.tensors.take(&named(name), length).map(<[f32]>::to_vec);
    let of_head = |head: usize| {
        let queries = head * group * size..(head + 1) * group * size;
        let key = (heads + head) * size..(heads + head + 1) * size;
        let value = (heads + key_value_heads + head) * size..(heads + key_value_heads + head + 1) * size;
        let rows: Vec<_> = queries.chain(key).chain(value).map(Some).collect();
        weights.panels(&named("query_key_value"), (heads + 2 * key_value_heads) * size, d, &rows)
    };
    let pairs = (0..feed_forward.div_ceil(PANEL)).flat_map(|pair| {
        (0..2 * PANEL).map(move |at| {
            let output = pair * PANEL + at % PANEL;
            (output < feed_forward).then_some(at / PANEL * feed_forward + output)
        })
    });
    let rows: Vec<_> = (0..d).map(Some).collect();
    let normed = weights.tensors.has(&named("head_norms"));
    Ok(Layer {
        norm: vector("norm", d)?,
        heads: (0..key_value_heads).map(of_head).collect::<Result<_, _>>()?,
        head_norms: if normed { Some(vector("head_norms", (heads + key_value_heads) * size)?) } else { None },
        output: weights.panels(&named("output"), d, heads * size, &rows)?,
        feed_forward_norm: vector("feed_forward_norm", d)?,
        gate_up: weights.panels(&named("gate_up"), 2 * feed_forward, d, &pairs.collect::<Vec<_>>())?,
        down: weights.panels(&named("down"), d, feed_forward, &rows)?,
    })
}
