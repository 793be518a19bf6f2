//! Targets, as JavaScript sees them.

use super::{check, check_sizes, owned, pool_of};
use crate::target::{Outputs, Run, Shape, Target};
use crate::weights::Store;
use napi::bindgen_prelude::{Error, Float32Array, Result, Uint8Array};
use napi_derive::napi;
use std::collections::HashMap;

/// Sizes as in ModelConfig of packages/model.
#[napi(object)]
pub struct TargetKernelShape {
    pub layers: u32,
    pub heads: u32,
    pub key_value_heads: u32,
    pub head_dim: u32,
    pub hidden_size: u32,
    pub feed_forward_size: u32,
    pub vocabulary_size: u32,
    pub positions_max: u32,
    pub norm_epsilon: f64,
}

/// A target's weights, and the threads that run it.
#[napi]
pub struct TargetKernel {
    target: Target,
}

#[napi]
impl TargetKernel {
    /// `bits` of a matrix's weights: 32, or 8 or 4 as `codes`.
    #[napi(constructor)]
    pub fn new(
        shape: TargetKernelShape,
        bits: u32,
        tensors: HashMap<String, Float32Array>,
        codes: HashMap<String, Uint8Array>,
        threads: u32,
    ) -> Result<Self> {
        let shape = shape_of(&shape)?;
        check([32, 8, 4].contains(&bits), "weights have 32, 8 or 4 bits")?;
        let codes = codes.into_iter().map(|(name, codes)| (name, codes.to_vec())).collect();
        let store = Store { tensors: owned(tensors), codes, bits: bits as usize };
        let target = Target::new(shape, &store, pool_of(threads)?).map_err(Error::from_reason)?;
        Ok(TargetKernel { target })
    }

    /// As TargetInput and TargetOutput of packages/model; an empty mask is the causal one, and without lengths all rows count.
    #[napi]
    #[allow(clippy::too_many_arguments)]
    pub fn run(
        &mut self,
        batch: u32,
        capacity: u32,
        tokens: &[i32],
        positions: &[i32],
        past: &[i32],
        lengths: &[i32],
        mask: &[f32],
        keys: Vec<Float32Array>,
        values: Vec<Float32Array>,
        logit_rows: &[i32],
        mut logits: Float32Array,
        mut hidden: Float32Array,
        mut delta: Float32Array,
    ) -> Result<()> {
        let shape = self.target.shape;
        let (batch, capacity) = (batch as usize, capacity as usize);
        check(batch > 0 && !tokens.is_empty() && tokens.len().is_multiple_of(batch), "the rows do not fill the batch")?;
        let length = tokens.len() / batch;
        let within = |values: &[i32], size: usize| values.iter().all(|&value| value >= 0 && (value as usize) < size);
        check(within(tokens, shape.vocabulary), "a token is outside the vocabulary")?;
        check(positions.len() == tokens.len() && within(positions, shape.positions), "a position is out of range")?;
        check(past.len() == batch && within(past, capacity + 1), "a past length is out of range")?;
        check(mask.is_empty() || mask.len() == tokens.len() * length, "the mask does not fit")?;
        check(lengths.is_empty() || lengths.len() == batch, "not a length for each sequence")?;
        check(within(lengths, length + 1) && !lengths.contains(&0), "a length is out of range")?;
        check(within(logit_rows, tokens.len()), "a logit row is out of range")?;
        let padding = |row: usize| !lengths.is_empty() && row % length >= lengths[row / length] as usize;
        check(!logit_rows.iter().any(|&row| padding(row as usize)), "a logit row is padding")?;
        let cached = batch * shape.key_value_heads * capacity * shape.head_dim;
        for cache in [&keys, &values] {
            check(
                cache.len() == shape.layers && cache.iter().all(|each| each.len() == cached),
                "the cache does not fit",
            )?;
        }
        let rows = 2 * shape.layers * shape.key_value_heads * shape.head_dim * tokens.len();
        check(logits.len() == logit_rows.len() * shape.vocabulary, "no room for the logits")?;
        check(hidden.len() == logit_rows.len() * shape.hidden, "no room for the hidden states")?;
        check(delta.len() == rows, "no room for the delta")?;
        let keys: Vec<&[f32]> = keys.iter().map(|each| each.as_ref()).collect();
        let values: Vec<&[f32]> = values.iter().map(|each| each.as_ref()).collect();
        let mask = (!mask.is_empty()).then_some(mask);
        let run = Run {
            batch,
            length,
            capacity,
            tokens,
            positions,
            past,
            lengths,
            mask,
            keys: &keys,
            values: &values,
            logit_rows,
        };
        // SAFETY: JavaScript runs one thing at a time; the caller made the three arrays for this run.
        let (logits, hidden, delta) = unsafe { (logits.as_mut(), hidden.as_mut(), delta.as_mut()) };
        self.target.run(&run, Outputs { logits, hidden, delta });
        Ok(())
    }
}

fn shape_of(shape: &TargetKernelShape) -> Result<Shape> {
    let sizes = [shape.layers, shape.heads, shape.key_value_heads, shape.head_dim, shape.hidden_size];
    check_sizes(&[&sizes[..], &[shape.feed_forward_size, shape.vocabulary_size, shape.positions_max]].concat())?;
    check(
        shape.heads.is_multiple_of(shape.key_value_heads) && shape.head_dim.is_multiple_of(2),
        "heads do not divide",
    )?;
    Ok(Shape {
        layers: shape.layers as usize,
        heads: shape.heads as usize,
        key_value_heads: shape.key_value_heads as usize,
        head_dim: shape.head_dim as usize,
        hidden: shape.hidden_size as usize,
        feed_forward: shape.feed_forward_size as usize,
        vocabulary: shape.vocabulary_size as usize,
        positions: shape.positions_max as usize,
        epsilon: shape.norm_epsilon as f32,
    })
}
