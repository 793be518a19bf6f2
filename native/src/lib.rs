//! What a step spends its time on, compiled. `index.ts` says what each call means; every length is checked before
//! anything is computed.

mod attention;
mod cache;
mod codes;
mod draft;
mod functions;
mod matrix;
mod noise;
mod parts;
mod pool;
mod rows;
mod sampling;
mod target;
mod tensors;
mod tile;
mod weights;

use draft::{Adapter, Draft, End, Shape, Start, Task, Workspace};
use matrix::Precision;
use napi::bindgen_prelude::{
    BigInt, ClassInstance, Error, Float32Array, Float32ArraySlice, Int32Array, Int32ArraySlice, Result, Uint8Array,
};
use napi_derive::napi;
use noise::{Draw, NoiseOrder};
use pool::Pool;
use std::collections::HashMap;
use std::sync::Arc;
use target::{Outputs, Run, Target};
use tensors::Tensors;
use weights::Store;

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

/// Where a chain starts: hidden [d], input [d], keys [L, R], context [L]; it ends after one of the draft ids `ends`.
#[napi(object, object_to_js = false)]
pub struct KernelStart<'env> {
    pub hidden: Float32ArraySlice<'env>,
    pub input: Float32ArraySlice<'env>,
    pub last: u32,
    pub keys: Float32ArraySlice<'env>,
    pub context: Int32ArraySlice<'env>,
    pub adapter: Option<ClassInstance<'env, AdapterKernel>>,
    pub noise: Option<KernelNoise>,
    pub ends: Int32ArraySlice<'env>,
}

impl KernelStart<'_> {
    fn check(&self, shape: Shape) -> Result<()> {
        let Self { hidden, input, keys, context, adapter, .. } = self;
        check(hidden.len() == shape.hidden && input.len() == shape.hidden, "a vector is not as wide as the target")?;
        check(keys.len() == context.len() * shape.pointer, "not a key for each token of the context")?;
        check(adapter.as_ref().is_none_or(|adapter| adapter.shape == shape), "the adapter is another draft's")
    }

    fn start(&self) -> Start<'_> {
        Start {
            hidden: &self.hidden,
            input: &self.input,
            last: self.last as usize,
            keys: &self.keys,
            places: &self.context,
            adapter: self.adapter.as_ref().map(|adapter| &adapter.adapter),
            noise: self.noise.as_ref().map(|noise| (noise.draw(), noise.temperature as f32)),
        }
    }
}

/// A draft's weights, and room for the chains that are drafted at once.
#[napi]
pub struct DraftKernel {
    draft: Draft,
    pool: Arc<Pool>,
    rooms: Vec<Workspace>,
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
        Ok(DraftKernel { draft, pool: pool_of(threads)?, rooms: Vec::new() })
    }

    #[napi]
    pub fn adapter(&self, tensors: HashMap<String, Float32Array>, ids: &[i32]) -> Result<AdapterKernel> {
        let adapter = Adapter::new(&self.draft, &owned(tensors), ids).map_err(Error::from_reason)?;
        Ok(AdapterKernel { adapter, shape: self.draft.shape })
    }

    /// A chain from each start, up to L tokens: writes draft ids and confidences [starts, L], and returns how many each.
    #[napi]
    pub fn chains(
        &mut self,
        starts: Vec<KernelStart>,
        survival_min: f64,
        mut places: Int32Array,
        mut confidences: Float32Array,
    ) -> Result<Vec<u32>> {
        check(!starts.is_empty() && places.len().is_multiple_of(starts.len()), "the tokens do not fill the chains")?;
        check(places.len() == confidences.len(), "not a confidence for each token")?;
        let longest = places.len() / starts.len();
        check(longest > 0, "a chain has no room for a token")?;
        starts.iter().try_for_each(|start| start.check(self.draft.shape))?;
        // SAFETY: JavaScript runs one thing at a time, and the two arrays are of different kinds: nothing else reads or
        // writes them during the call.
        let (places, confidences) = unsafe { (places.as_mut(), confidences.as_mut()) };
        let rows = places.chunks_exact_mut(longest).zip(confidences.chunks_exact_mut(longest));
        let mut tasks: Vec<Task> = starts
            .iter()
            .zip(rows)
            .map(|(start, (places, confidences))| {
                let end = End { survival_min: survival_min as f32, places: &start.ends };
                Task { start: start.start(), end, places, confidences, length: 0 }
            })
            .collect();
        self.draft.chains(&mut tasks, &self.pool, &mut self.rooms);
        Ok(tasks.iter().map(|task| task.length as u32).collect())
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
    /// `bits` of a matrix's weights: 32, or 8 or 4 as `codes`.
    #[napi(constructor)]
    pub fn new(
        shape: TargetKernelShape,
        bits: u32,
        tensors: HashMap<String, Float32Array>,
        codes: HashMap<String, Uint8Array>,
        threads: u32,
    ) -> Result<Self> {
        let shape = target_shape_of(&shape)?;
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
        // SAFETY: as in `DraftKernel::chains`; the caller made the three arrays for this run.
        let (logits, hidden, delta) = unsafe { (logits.as_mut(), hidden.as_mut(), delta.as_mut()) };
        self.target.run(&run, Outputs { logits, hidden, delta });
        Ok(())
    }
}

/// out[i]: what a chain adds for token `ids[i]`.
#[napi]
pub fn draft_noise(noise: KernelNoise, ids: &[i32], mut out: Float32Array) -> Result<()> {
    check(ids.len() == out.len(), "not a place for each token")?;
    // SAFETY: as in `DraftKernel::chains`.
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
fn check_sizes(sizes: &[u32]) -> Result<()> {
    check(sizes.iter().all(|&size| size > 0 && size < 1 << 24), "a size is out of range")
}

fn shape_of(shape: &KernelShape) -> Result<Shape> {
    let sizes = [shape.hidden_size, shape.state_size, shape.vocabulary_size, shape.markov_rank, shape.pointer_rank];
    check_sizes(&[&sizes[..], &[shape.adapter_rank, shape.adapter_hot_size, shape.adapter_markov_rank]].concat())?;
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
    check_sizes(&[&sizes[..], &[shape.feed_forward_size, shape.vocabulary_size, shape.positions_max]].concat())?;
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
