//! A decoder of the Llama family (packages/model/src/graph builds the same as an ONNX graph, its reference): new rows on
//! top of a cache that is only read. All threads go through the layers together; a thread keeps the heads, and the
//! columns of each product, that it computes. No number depends on how many rows or threads there are, to the bit.

use crate::attention::{Query, Room, attention};
use crate::codes::Activations;
use crate::functions::silu_products;
use crate::matrix::dots;
use crate::parts::Parts;
use crate::pool::Pool;
use crate::rows::Rows;
use crate::tile::PANEL;
use crate::weights::{Store, Weights};
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

struct Layer {
    norm: Vec<f32>,
    /// Per key-value head: the rows of its queries, its key and its value.
    heads: Vec<Weights>,
    /// [heads + key_value_heads, head_dim]
    head_norms: Option<Vec<f32>>,
    output: Weights,
    feed_forward_norm: Vec<f32>,
    /// A panel of gates, then the panel of the same outputs upwards, and so on.
    gate_up: Weights,
    down: Weights,
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

    /// One thread's part of a run.
    fn forward(&self, thread: usize, work: &Work, own: &mut Own) {
        let Shape { hidden: d, key_value_heads, feed_forward, epsilon, .. } = self.shape;
        let threads = self.pool.threads();
        let rows = work.rows.count();
        for (at, layer) in self.layers.iter().enumerate() {
            // SAFETY (of all parts in this function): what is read was written before the last barrier, and what is
            // written are this thread's own heads, panels or columns.
            rms_norm(unsafe { work.stream.read(0, rows * d) }, &layer.norm, epsilon, &mut own.normed);
            layer.heads[0].round(&own.normed, &mut own.rounded);
            for head in thread * key_value_heads / threads..(thread + 1) * key_value_heads / threads {
                self.attend(at, head, work, own);
            }
            self.pool.barrier();
            let attended = unsafe { work.attended.read(0, rows * layer.output.inner()) };
            self.add_product(thread, &layer.output, attended, &mut own.rounded, &work.stream);
            self.pool.barrier();
            rms_norm(unsafe { work.stream.read(0, rows * d) }, &layer.feed_forward_norm, epsilon, &mut own.normed);
            layer.gate_up.round(&own.normed, &mut own.rounded);
            let pairs = layer.gate_up.count() / 2;
            let share = 2 * (thread * pairs / threads)..2 * ((thread + 1) * pairs / threads);
            let mut gates = vec![[0f32; PANEL]; rows];
            layer.gate_up.times(share, &own.normed, &own.rounded, |row, panel, results| {
                if panel % 2 == 0 {
                    gates[row] = *results;
                    return;
                }
                let column = panel / 2 * PANEL;
                let width = PANEL.min(feed_forward - column);
                let out = unsafe { work.activated.write(row * feed_forward + column, width) };
                silu_products(&gates[row], results, out);
            });
            self.pool.barrier();
            let activated = unsafe { work.activated.read(0, rows * feed_forward) };
            self.add_product(thread, &layer.down, activated, &mut own.rounded, &work.stream);
            self.pool.barrier();
        }
        let wanted = work.run.logit_rows.len();
        own.normed.resize(wanted.max(rows) * d, 0.0);
        for (at, &place) in work.run.logit_rows.iter().enumerate() {
            let row = work.rows.row_of(place as usize, work.run.length);
            let state = unsafe { work.stream.read(row * d, d) };
            rms_norm(state, &self.final_norm, epsilon, &mut own.normed[at * d..(at + 1) * d]);
        }
        let states = &own.normed[..wanted * d];
        if thread == 0 {
            unsafe { work.hidden.write(0, wanted * d) }.copy_from_slice(states);
        }
        let vocabulary = self.shape.vocabulary;
        self.head.round(states, &mut own.rounded);
        self.head.times(self.head.share(thread, threads), states, &own.rounded, |row, panel, results| {
            let column = panel * PANEL;
            let width = PANEL.min(vocabulary - column);
            unsafe { work.logits.write(row * vocabulary + column, width) }.copy_from_slice(&results[..width]);
        });
        own.normed.truncate(rows * d);
    }

    /// out += x · weight, this thread's columns.
    fn add_product(&self, thread: usize, weight: &Weights, x: &[f32], rounded: &mut Activations, out: &Parts) {
        let d = self.shape.hidden;
        weight.round(x, rounded);
        weight.times(weight.share(thread, self.pool.threads()), x, rounded, |row, panel, results| {
            let column = panel * PANEL;
            let width = PANEL.min(d - column);
            // SAFETY: as in `forward`.
            let out = unsafe { out.write(row * d + column, width) };
            for (out, result) in out.iter_mut().zip(results) {
                *out += result;
            }
        });
    }

    /// Attention of one key-value head with its queries, all sequences.
    fn attend(&self, layer: usize, head: usize, work: &Work, own: &mut Own) {
        let Shape { heads, key_value_heads, head_dim: size, .. } = self.shape;
        let Run { batch, length, capacity, past, keys, values, .. } = *work.run;
        let Rows { starts, visible, .. } = &work.rows;
        let group = heads / key_value_heads;
        let width = (group + 2) * size;
        self.project(layer, head, work, own);
        let Own { projected, attention: room, .. } = own;
        for (sequence, &past) in past.iter().enumerate() {
            let past = past as usize;
            let slot = (sequence * key_value_heads + head) * capacity * size;
            let block =
                |side: usize| (((layer * 2 + side) * batch + sequence) * key_value_heads + head) * length * size;
            let (start, end) = (starts[sequence], starts[sequence + 1]);
            let new = (end - start) * size;
            // SAFETY: these rows of the delta are this head's.
            let (new_keys, new_values) = unsafe { (work.delta.write(block(0), new), work.delta.write(block(1), new)) };
            let rows = &projected[start * width..end * width];
            for (at, row) in rows.chunks_exact(width).enumerate() {
                new_keys[at * size..(at + 1) * size].copy_from_slice(&row[group * size..(group + 1) * size]);
                new_values[at * size..(at + 1) * size].copy_from_slice(&row[(group + 1) * size..]);
            }
            let queries: Vec<Query> = (0..(end - start) * group)
                .map(|at| {
                    let (row, query) = (at / group, at % group);
                    let column = ((start + row) * heads + head * group + query) * size;
                    Query {
                        vector: &rows[row * width + query * size..][..size],
                        visible: &visible[start + row],
                        // SAFETY: these columns are this head's, and of one query each.
                        out: unsafe { work.attended.write(column, size) },
                    }
                })
                .collect();
            let past_rows = slot..slot + past * size;
            let cached = (&keys[layer][past_rows.clone()], &values[layer][past_rows]);
            attention(queries, cached, (new_keys, new_values), room);
        }
    }

    /// Queries, key and value of one head for all rows, normalised and turned.
    fn project(&self, layer: usize, head: usize, work: &Work, own: &mut Own) {
        let Shape { heads, key_value_heads, head_dim: size, epsilon, .. } = self.shape;
        let group = heads / key_value_heads;
        let width = (group + 2) * size;
        let Layer { heads: weights, head_norms, .. } = &self.layers[layer];
        let Own { normed, rounded, projected, .. } = own;
        let panels = &weights[head];
        panels.times(0..panels.count(), normed, rounded, |row, panel, results| {
            let column = panel * PANEL;
            let columns = PANEL.min(width - column);
            projected[row * width + column..][..columns].copy_from_slice(&results[..columns]);
        });
        for (row, &place) in projected.chunks_exact_mut(width).zip(&work.rows.places) {
            for (at, part) in row.chunks_exact_mut(size).take(group + 1).enumerate() {
                if let Some(norms) = head_norms {
                    let at = if at < group { head * group + at } else { heads + head };
                    norm_in_place(part, &norms[at * size..(at + 1) * size], epsilon);
                }
                self.rotate(part, work.run.positions[place] as usize);
            }
        }
    }

    /// Turns the halves of a head by its position.
    fn rotate(&self, part: &mut [f32], position: usize) {
        let half = part.len() / 2;
        let table = position * half..(position + 1) * half;
        let (first, second) = part.split_at_mut(half);
        let turns = self.cosine[table.clone()].iter().zip(&self.sine[table]);
        for ((a, b), (cosine, sine)) in first.iter_mut().zip(second).zip(turns) {
            (*a, *b) = (*a * cosine - *b * sine, *b * cosine + *a * sine);
        }
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

fn layer_of(shape: Shape, weights: &Store, layer: usize) -> Result<Layer, String> {
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

/// Each row of x [rows, d] divided by its root mean square and scaled.
fn rms_norm(x: &[f32], scale: &[f32], epsilon: f32, out: &mut [f32]) {
    for (x, out) in x.chunks_exact(scale.len()).zip(out.chunks_exact_mut(scale.len())) {
        out.copy_from_slice(x);
        norm_in_place(out, scale, epsilon);
    }
}

fn norm_in_place(x: &mut [f32], scale: &[f32], epsilon: f32) {
    let mut squares = [0.0];
    dots(x, x, &mut squares);
    let factor = 1.0 / (squares[0] / x.len() as f32 + epsilon).sqrt();
    for (x, scale) in x.iter_mut().zip(scale) {
        *x = *x * factor * scale;
    }
}
