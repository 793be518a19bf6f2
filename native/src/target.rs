//! A decoder of the Llama family (packages/model/src/graph builds the same as an ONNX graph, its reference): new rows on
//! top of a cache that is only read. All threads go through the layers together; a thread keeps the heads, and the
//! columns of each product, that it computes. No number depends on how many rows or threads there are, to the bit.

mod attend;
mod forward;
mod layer;
mod norm;

use crate::attention::Room;
use crate::codes::Activations;
use crate::parts::Parts;
use crate::pool::Pool;
use crate::rows::Rows;
use crate::weights::{Store, Weights};
use layer::{Layer, layer_of};
use std::sync::{Arc, Mutex};

#[derive(Clone, Copy)]
pub struct Shape {
    pub layers: usize,
    pub heads: usize,
    pub key_value_heads: usize,
    pub head_dim: usize,
    pub hidden: usize,
    pub feed_forward: usize,
    pub vocabulary: usize,
    pub positions: usize,
    pub epsilon: f32,
}

pub struct Target {
    pub shape: Shape,
    layers: Vec<Layer>,
    /// [V, d]
    embedding: Vec<f32>,
    final_norm: Vec<f32>,
    head: Weights,
    /// [positions, head_dim / 2]
    cosine: Vec<f32>,
    sine: Vec<f32>,
    pool: Arc<Pool>,
    buffers: Buffers,
}

/// What threads hand each other, [rows, ...]; and of each thread what is its own.
#[derive(Default)]
struct Buffers {
    stream: Vec<f32>,
    attended: Vec<f32>,
    activated: Vec<f32>,
    own: Vec<Own>,
}

#[derive(Default)]
struct Own {
    normed: Vec<f32>,
    rounded: Activations,
    projected: Vec<f32>,
    attention: Room,
}

/// One run; all lengths were checked. See TargetInput of packages/model.
pub struct Run<'a> {
    pub batch: usize,
    pub length: usize,
    pub capacity: usize,
    pub tokens: &'a [i32],
    pub positions: &'a [i32],
    pub past: &'a [i32],
    /// Rows of each sequence that count; empty: all.
    pub lengths: &'a [i32],
    pub mask: Option<&'a [f32]>,
    pub keys: &'a [&'a [f32]],
    pub values: &'a [&'a [f32]],
    pub logit_rows: &'a [i32],
}

pub struct Outputs<'a> {
    pub logits: &'a mut [f32],
    pub hidden: &'a mut [f32],
    pub delta: &'a mut [f32],
}

impl Target {
    pub fn new(shape: Shape, weights: &Store, pool: Arc<Pool>) -> Result<Self, String> {
        let Shape { hidden: d, vocabulary, positions, head_dim, .. } = shape;
        let layers = (0..shape.layers).map(|layer| layer_of(shape, weights, layer)).collect::<Result<_, _>>()?;
        let tensors = &weights.tensors;
        let tied = weights.bits == 32 && !tensors.has("head");
        let order: Vec<_> = (0..vocabulary).map(Some).collect();
        Ok(Target {
            shape,
            layers,
            head: weights.panels(if tied { "embedding" } else { "head" }, vocabulary, d, &order)?,
            embedding: tensors.take("embedding", vocabulary * d)?.to_vec(),
            final_norm: tensors.take("final_norm", d)?.to_vec(),
            cosine: tensors.take("cosine", positions * head_dim / 2)?.to_vec(),
            sine: tensors.take("sine", positions * head_dim / 2)?.to_vec(),
            pool,
            buffers: Buffers::default(),
        })
    }

    pub fn run(&mut self, run: &Run, outputs: Outputs) {
        let Shape { hidden: d, heads, key_value_heads, head_dim, feed_forward, .. } = self.shape;
        let layout = Rows::of(run);
        let rows = layout.count();
        let group = heads / key_value_heads;
        let mut buffers = std::mem::take(&mut self.buffers);
        buffers.stream.resize(rows * d, 0.0);
        buffers.attended.resize(rows * heads * head_dim, 0.0);
        buffers.activated.resize(rows * feed_forward, 0.0);
        buffers.own.resize_with(self.pool.threads(), Own::default);
        for own in &mut buffers.own {
            own.normed.resize(rows * d, 0.0);
            own.projected.resize(rows * (group + 2) * head_dim, 0.0);
        }
        for (row, &place) in buffers.stream.chunks_exact_mut(d).zip(&layout.places) {
            let token = run.tokens[place];
            row.copy_from_slice(&self.embedding[token as usize * d..(token as usize + 1) * d]);
        }
        let work = Work {
            run,
            rows: layout,
            stream: Parts::of(&mut buffers.stream),
            attended: Parts::of(&mut buffers.attended),
            activated: Parts::of(&mut buffers.activated),
            logits: Parts::of(outputs.logits),
            hidden: Parts::of(outputs.hidden),
            delta: Parts::of(outputs.delta),
        };
        let own: Vec<Mutex<&mut Own>> = buffers.own.iter_mut().map(Mutex::new).collect();
        self.pool.run(&|thread| {
            let mut own = own[thread].lock().expect("only this thread locks it");
            self.forward(thread, &work, &mut own);
        });
        drop(own);
        self.buffers = buffers;
    }
}

struct Work<'a> {
    run: &'a Run<'a>,
    rows: Rows,
    stream: Parts,
    attended: Parts,
    activated: Parts,
    logits: Parts,
    hidden: Parts,
    delta: Parts,
}
