//! The cell: the first state from the target's hidden state, and from each token's gates the next one.

use super::workspace::{Own, Work};
use super::{Draft, Shape, add, copy};
use crate::functions::{sigmoids, tangents};

impl Draft {
    /// The first state and its gates.
    pub(super) fn open(&self, thread: usize, work: &Work, own: &mut Own) {
        let Shape { hidden: d, state: s, pointer: p, .. } = self.shape;
        let Work { start, team, .. } = *work;
        let Own { hidden, input, state, residual, gates, rank, .. } = own;
        hidden.set(start.hidden);
        input.set(start.input);
        // SAFETY (of all parts here and in `score`): each thread writes its share, and reads what others wrote behind
        // the barrier that follows. No part is written again before all threads have passed another one.
        let share = team.share(thread, s + d + p);
        self.from_hidden.times(hidden, share.clone(), unsafe { work.from_hidden.write(share.start, share.len()) });
        let share = team.share(thread, 2 * s);
        self.token_gates.times(input, share.clone(), unsafe { work.token_gates.write(share.start, share.len()) });
        team.barrier();
        state.set(unsafe { work.from_hidden.read(0, s) });
        copy(residual, unsafe { work.from_hidden.read(s, d + p) });
        copy(gates, unsafe { work.token_gates.read(0, 2 * s) });
        add(gates, &self.gate_bias);
        if let Some(adapter) = start.adapter {
            adapter.state_in.add(start.hidden, rank, &mut state.values);
            adapter.residual.add(start.hidden, rank, &mut residual[..d]);
            adapter.pointer_hidden.add(start.hidden, rank, &mut residual[d..]);
            adapter.token_gates.add(start.input, rank, gates);
        }
        tangents(&mut state.values);
        state.refresh();
        self.from_state.times(state, share.clone(), unsafe { work.first_gates.write(share.start, share.len()) });
        team.barrier();
        add(gates, unsafe { work.first_gates.read(0, 2 * s) });
        if let Some(adapter) = start.adapter {
            let r = self.shape.adapter_rank;
            rank.clear();
            rank.resize(r, 0.0);
            adapter.from_state.add_product(&state.values, 0..r, rank);
            adapter.state_gates.add_product(rank, 0..2 * s, gates);
        }
    }

    pub(super) fn next_state(&self, Own { state, gates, .. }: &mut Own) {
        let (update, candidate) = gates.split_at_mut(self.shape.state);
        sigmoids(update);
        tangents(candidate);
        for ((old, new), share) in state.values.iter_mut().zip(candidate).zip(update) {
            *old += *share * (*new - *old);
        }
        state.refresh();
    }

    /// The gates of the next step, after this token.
    pub(super) fn read_token(&self, work: &Work, place: usize, own: &mut Own) {
        let Shape { hidden: d, state: s, vocabulary: v, .. } = self.shape;
        let Own { input, gates, next_gates, rank, .. } = own;
        let adapter = work.start.adapter;
        if place < v {
            gates.copy_from_slice(&self.gate_rows[place * 2 * s..(place + 1) * 2 * s]);
        } else if let Some(adapter) = adapter {
            input.set(&adapter.hot_inputs[(place - v) * d..(place - v + 1) * d]);
            self.token_gates.times(input, 0..2 * s, gates);
            add(gates, &self.gate_bias);
        }
        add(gates, next_gates);
        if let Some(adapter) = adapter {
            let (table, row) = if place < v { (&self.inputs, place) } else { (&adapter.hot_inputs, place - v) };
            adapter.token_gates.add(&table[row * d..(row + 1) * d], rank, gates);
            // SAFETY: see `open`.
            add(gates, unsafe { work.own_gates.read(0, 2 * s) });
        }
    }
}
