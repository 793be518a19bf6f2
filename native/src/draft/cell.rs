//! The cell: the first state from the target's hidden state, and from each token's gates the next one.

use super::workspace::{Own, Work};
use super::{Draft, Shape, add, copy};
use crate::functions::{sigmoids, tangents};

impl Draft {
    /// The first state and its gates.
    pub(super) fn open(&self, thread: usize, work: &Work, own: &mut Own) {
        let Shape { hidden: d, state: s, pointer: p, adapter_rank: r, vocabulary: v, .. } = self.shape;
        let Work { start, team, .. } = *work;
        own.hidden.set(start.hidden);
        // SAFETY (of all parts here and in `score`): each thread writes its share, and reads what others wrote behind
        // the barrier that follows. No part is written again before all threads have passed another one.
        let share = team.share(thread, s + d + p);
        self.from_hidden.times(&own.hidden, share.clone(), unsafe { work.from_hidden.write(share.start, share.len()) });
        if start.last >= v {
            own.input.set(start.input);
            let share = team.share(thread, 2 * s);
            let gates = unsafe { work.token_gates.write(share.start, share.len()) };
            self.token_gates.times(&own.input, share, gates);
        }
        team.barrier();
        let Own { state, residual, gates, rank, ranks, .. } = own;
        state.set(unsafe { work.from_hidden.read(0, s) });
        copy(residual, unsafe { work.from_hidden.read(s, d + p) });
        if start.last < v {
            copy(gates, self.gates_of(start.last));
        } else {
            copy(gates, unsafe { work.token_gates.read(0, 2 * s) });
            add(gates, &self.gate_bias);
        }
        if let Some(adapter) = start.adapter {
            adapter.state_in.add(start.hidden, rank, &mut state.values);
            adapter.residual.add(start.hidden, rank, &mut residual[..d]);
            adapter.pointer_hidden.add(start.hidden, rank, &mut residual[d..]);
            adapter.token_gates.add(start.input, rank, gates);
        }
        tangents(&mut state.values);
        state.refresh();
        if let Some(adapter) = start.adapter {
            ranks.clear();
            ranks.resize(r, 0.0);
            adapter.from_state.add_product(&state.values, 0..r, ranks);
        }
        self.add_state_gates(thread, work, own);
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
    pub(super) fn read_token(&self, thread: usize, work: &Work, place: usize, own: &mut Own) {
        let Shape { hidden: d, state: s, vocabulary: v, .. } = self.shape;
        let Own { input, gates, rank, .. } = own;
        let adapter = work.start.adapter;
        if place < v {
            copy(gates, self.gates_of(place));
        } else if let Some(adapter) = adapter {
            input.set(&adapter.hot_inputs[(place - v) * d..(place - v + 1) * d]);
            self.token_gates.times(input, 0..2 * s, gates);
            add(gates, &self.gate_bias);
        }
        if let Some(adapter) = adapter {
            let (table, row) = if place < v { (&self.inputs, place) } else { (&adapter.hot_inputs, place - v) };
            adapter.token_gates.add(&table[row * d..(row + 1) * d], rank, gates);
        }
        self.add_state_gates(thread, work, own);
    }

    /// What a token of the draft's own adds to the gates, bias included.
    fn gates_of(&self, place: usize) -> &[f32] {
        let width = 2 * self.shape.state;
        &self.gate_rows[place * width..(place + 1) * width]
    }

    /// What the state adds to the next gates. Computed only when there is a next token: a quarter of a token's work,
    /// which the last one of a chain need not do.
    fn add_state_gates(&self, thread: usize, work: &Work, Own { state, gates, ranks, .. }: &mut Own) {
        let Shape { state: s, adapter_rank: r, .. } = self.shape;
        let share = work.team.share(thread, 2 * s);
        // SAFETY: see `open`.
        let part = unsafe { work.state_gates.write(share.start, share.len()) };
        self.from_state.times(state, share.clone(), part);
        if let Some(adapter) = work.start.adapter {
            adapter.state_gates.add_product(&ranks[..r], share, part);
        }
        work.team.barrier();
        add(gates, unsafe { work.state_gates.read(0, 2 * s) });
    }
}
