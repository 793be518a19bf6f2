//! Drafts and their adapters, as JavaScript sees them.

use super::{check, check_sizes, owned, pool_of};
use crate::draft::{Adapter, Draft, End, Shape, Start, Task, Workspace};
use crate::matrix::Precision;
use crate::noise::{Draw, NoiseOrder};
use crate::pool::Pool;
use napi::bindgen_prelude::{
    BigInt, ClassInstance, Error, Float32Array, Float32ArraySlice, Int32Array, Int32ArraySlice, Result,
};
use napi_derive::napi;
use std::collections::HashMap;
use std::sync::Arc;

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

/// out[i]: what a chain adds for token `ids[i]`.
#[napi]
pub fn draft_noise(noise: KernelNoise, ids: &[i32], mut out: Float32Array) -> Result<()> {
    check(ids.len() == out.len(), "not a place for each token")?;
    // SAFETY: as in `DraftKernel::chains`.
    let out = unsafe { out.as_mut() };
    NoiseOrder::new(ids).fill(noise.draw(), noise.temperature as f32, &mut Vec::new(), out);
    Ok(())
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
