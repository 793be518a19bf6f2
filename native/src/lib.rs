//! What a step spends its time on, compiled. `index.ts` says what each call means; every length is checked before
//! anything is computed.

mod attention;
mod cache;
mod draft;
mod functions;
mod matrix;
mod noise;
mod parts;
mod pool;
mod sampling;
mod target;
mod tensors;
mod tile;

use draft::{Adapter, Draft, End, Shape, Start, Workspace};
use matrix::Precision;
use napi::bindgen_prelude::{BigInt, Error, Float32Array, Int32Array, Result};
use napi_derive::napi;
use noise::{Draw, NoiseOrder};
use pool::Pool;
use std::collections::HashMap;
use std::sync::Arc;
use target::{Outputs, Run, Target};
use tensors::Tensors;

/// Sizes as in DraftShape of packages/drafting, flat.
#[napi(object)]
pub struct KernelShape {
    pub hidden_size: u32,
    pub state_size: u32,
    pub vocabulary_size: u32,
    pub markov_rank: u32,
    pub pointer_rank: u32,
    pub adapter_rank: u32,
    pub adapter_hot_size: u32,
    pub adapter_markov_rank: u32,
}

/// Whose noise, from which position on, and what it is multiplied with.
#[napi(object)]
pub struct KernelNoise {
    pub seed: BigInt,
    pub choice: u32,
    pub position: u32,
    pub temperature: f64,
}

impl KernelNoise {
    fn draw(&self) -> Draw {
        let (_, seed, _) = self.seed.get_u64();
        Draw { key: [seed as u32, (seed >> 32) as u32], choice: self.choice, position: self.position }
    }
}

/// A tenant's adapter in the form that the kernel reads.
#[napi]
pub struct AdapterKernel {
    adapter: Adapter,
    shape: Shape,
}

#[napi]
impl AdapterKernel {
    #[napi(getter)]
    pub fn bytes(&self) -> u32 {
        self.adapter.bytes() as u32
    }
}

/// A draft's weights, and room for one chain.
#[napi]
pub struct DraftKernel {
    draft: Draft,
    pool: Arc<Pool>,
    work: Workspace,
}

#[napi]
impl DraftKernel {
    /// `full` keeps weights as they are; otherwise they are rounded to 8 bits and bfloat16.
    #[napi(constructor)]
    pub fn new(
        shape: KernelShape,
        full: bool,
        tensors: HashMap<String, Float32Array>,
        ids: &[i32],
        threads: u32,
    ) -> Result<Self> {
        let precision = if full { Precision::Full } else { Precision::Compact };
        let draft = Draft::new(shape_of(&shape)?, precision, &owned(tensors), ids).map_err(Error::from_reason)?;
        Ok(DraftKernel { draft, pool: pool_of(threads)?, work: Workspace::default() })
    }

    #[napi]
    pub fn adapter(&self, tensors: HashMap<String, Float32Array>, ids: &[i32]) -> Result<AdapterKernel> {
        let adapter = Adapter::new(&self.draft, &owned(tensors), ids).map_err(Error::from_reason)?;
        Ok(AdapterKernel { adapter, shape: self.draft.shape })
    }

    /// One chain, up to `places.len()` tokens: writes draft ids and confidences, and returns how many.
    /// hidden [d], input [d], keys [L, R], context [L].
    #[napi]
    #[allow(clippy::too_many_arguments)]
    pub fn chain(
        &mut self,
        hidden: &[f32],
        input: &[f32],
        last: u32,
        keys: &[f32],
        context: &[i32],
        adapter: Option<&AdapterKernel>,
        noise: Option<KernelNoise>,
        survival_min: f64,
        ends: &[i32],
        mut places: Int32Array,
        mut confidences: Float32Array,
    ) -> Result<u32> {
        let shape = self.draft.shape;
        check(hidden.len() == shape.hidden && input.len() == shape.hidden, "a vector is not as wide as the target")?;
        check(keys.len() == context.len() * shape.pointer, "not a key for each token of the context")?;
        check(places.len() == confidences.len(), "not a confidence for each token")?;
        check(adapter.is_none_or(|adapter| adapter.shape == shape), "the adapter is another draft's")?;
        let start = Start {
            hidden,
            input,
            last: last as usize,
            keys,
            places: context,
            adapter: adapter.map(|adapter| &adapter.adapter),
            noise: noise.map(|noise| (noise.draw(), noise.temperature as f32)),
        };
        let end = End { survival_min: survival_min as f32, places: ends };
        // SAFETY: JavaScript runs one thing at a time, and the two arrays are of different kinds: nothing else reads or
        // writes them during the call.
        let (places, confidences) = unsafe { (places.as_mut(), confidences.as_mut()) };
        Ok(self.draft.chain(&start, &end, &self.pool, &mut self.work, places, confidences) as u32)
    }
}

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
    #[napi(constructor)]
    pub fn new(shape: TargetKernelShape, tensors: HashMap<String, Float32Array>, threads: u32) -> Result<Self> {
        let shape = target_shape_of(&shape)?;
        let target = Target::new(shape, &owned(tensors), pool_of(threads)?).map_err(Error::from_reason)?;
        Ok(TargetKernel { target })
    }

    /// As TargetInput and TargetOutput of packages/model; an empty mask is the causal one.
    #[napi]
    #[allow(clippy::too_many_arguments)]
    pub fn run(
        &mut self,
        batch: u32,
        capacity: u32,
        tokens: &[i32],
        positions: &[i32],
        past: &[i32],
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
        check(within(logit_rows, tokens.len()), "a logit row is out of range")?;
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
        let run =
            Run { batch, length, capacity, tokens, positions, past, mask, keys: &keys, values: &values, logit_rows };
        // SAFETY: as in `DraftKernel::chain`; the caller made the three arrays for this run.
        let (logits, hidden, delta) = unsafe { (logits.as_mut(), hidden.as_mut(), delta.as_mut()) };
        self.target.run(&run, Outputs { logits, hidden, delta });
        Ok(())
    }
}

/// out[i]: what a chain adds for token `ids[i]`.
#[napi]
pub fn draft_noise(noise: KernelNoise, ids: &[i32], mut out: Float32Array) -> Result<()> {
    check(ids.len() == out.len(), "not a place for each token")?;
    // SAFETY: as in `chain`.
    let out = unsafe { out.as_mut() };
    NoiseOrder::new(ids).fill(noise.draw(), noise.temperature as f32, &mut Vec::new(), out);
    Ok(())
}

fn pool_of(threads: u32) -> Result<Arc<Pool>> {
    check((1..=1024).contains(&threads), "the number of threads is out of range")?;
    Ok(Pool::of(threads as usize))
}

fn check(right: bool, problem: &str) -> Result<()> {
    if right { Ok(()) } else { Err(Error::from_reason(problem)) }
}

/// No size is 0, and none so large that a product of two could overflow.
fn shape_of(shape: &KernelShape) -> Result<Shape> {
    let sizes = [shape.hidden_size, shape.state_size, shape.vocabulary_size, shape.markov_rank, shape.pointer_rank];
    let more = [shape.adapter_rank, shape.adapter_hot_size, shape.adapter_markov_rank];
    check(sizes.iter().chain(&more).all(|&size| size > 0 && size < 1 << 24), "a size is out of range")?;
    Ok(Shape {
        hidden: shape.hidden_size as usize,
        state: shape.state_size as usize,
        vocabulary: shape.vocabulary_size as usize,
        markov: shape.markov_rank as usize,
        pointer: shape.pointer_rank as usize,
        adapter_rank: shape.adapter_rank as usize,
        adapter_hot: shape.adapter_hot_size as usize,
        adapter_markov: shape.adapter_markov_rank as usize,
    })
}

fn target_shape_of(shape: &TargetKernelShape) -> Result<target::Shape> {
    let sizes = [shape.layers, shape.heads, shape.key_value_heads, shape.head_dim, shape.hidden_size];
    let more = [shape.feed_forward_size, shape.vocabulary_size, shape.positions_max];
    check(sizes.iter().chain(&more).all(|&size| size > 0 && size < 1 << 24), "a size is out of range")?;
    check(
        shape.heads.is_multiple_of(shape.key_value_heads) && shape.head_dim.is_multiple_of(2),
        "heads do not divide",
    )?;
    Ok(target::Shape {
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

fn owned(tensors: HashMap<String, Float32Array>) -> Tensors {
    Tensors(tensors.into_iter().map(|(name, values)| (name, values.to_vec())).collect())
}
