//! One thread's part of a run, layer after layer.

use super::norm::rms_norm;
use super::{Own, Shape, Target, Work};
use crate::codes::Activations;
use crate::functions::silu_products;
use crate::parts::Parts;
use crate::tile::PANEL;
use crate::weights::Weights;

impl Target {
    /// One thread's part of a run.
    pub(super) fn forward(&self, thread: usize, work: &Work, own: &mut Own) {
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
}
