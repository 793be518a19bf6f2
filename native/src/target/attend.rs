//! Attention of one layer: the projections of a head, and what its queries see.

use super::layer::Layer;
use super::norm::norm_in_place;
use super::{Own, Run, Shape, Target, Work};
use crate::attention::{Query, attention};
use crate::rows::Rows;
use crate::tile::PANEL;

impl Target {
    /// Attention of one key-value head with its queries, all sequences.
    pub(super) fn attend(&self, layer: usize, head: usize, work: &Work, own: &mut Own) {
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
