//! What a chain is computed in: what its threads hand each other, and of each thread what is its own.

use super::chain::{End, Start};
use super::{Draft, Shape};
use crate::matrix::Activation;
use crate::parts::Parts;
use crate::pool::Team;

/// Room for chains, reused from call to call: what the threads hand each other, and of each what is its own.
#[derive(Default)]
pub struct Workspace {
    from_hidden: Vec<f32>,
    token_gates: Vec<f32>,
    from_state: Vec<f32>,
    ranks: Vec<f32>,
    state_gates: Vec<f32>,
    logits: Vec<f32>,
    own: Vec<Own>,
}

#[derive(Default)]
pub(super) struct Own {
    pub(super) hidden: Activation,
    pub(super) input: Activation,
    pub(super) state: Activation,
    pub(super) query: Activation,
    /// [d + R]: what the hidden state adds to each query and pointer.
    pub(super) residual: Vec<f32>,
    /// [d + R]
    pub(super) asked: Vec<f32>,
    pub(super) gates: Vec<f32>,
    /// [4r], or its first [r] of the first state: what an adapter makes of the state.
    pub(super) ranks: Vec<f32>,
    pub(super) scores: Vec<f32>,
    pub(super) shares: Vec<f32>,
    pub(super) weights: Vec<f32>,
    pub(super) heard: Vec<f32>,
    pub(super) rank: Vec<f32>,
    pub(super) words: Vec<u32>,
}

/// One chain, as all its threads see it.
pub(super) struct Work<'a> {
    pub(super) start: &'a Start<'a>,
    pub(super) end: &'a End<'a>,
    pub(super) team: Team<'a>,
    /// [s + d + R]
    pub(super) from_hidden: Parts,
    /// [2s]: of a first token that the draft does not know.
    pub(super) token_gates: Parts,
    /// [d + R]
    pub(super) from_state: Parts,
    /// [4r]: what an adapter makes of the state.
    pub(super) ranks: Parts,
    /// [2s]
    pub(super) state_gates: Parts,
    /// [classes]
    pub(super) logits: Parts,
}

impl Work<'_> {
    pub(super) fn bias<'a>(&'a self, draft: &'a Draft) -> &'a [f32] {
        self.start.adapter.map_or(&draft.head_bias, |adapter| &adapter.head_bias)
    }
}

impl Draft {
    pub(super) fn open_work<'a>(
        &self,
        start: &'a Start<'a>,
        end: &'a End<'a>,
        team: Team<'a>,
        room: &'a mut Workspace,
    ) -> (Work<'a>, &'a mut [Own]) {
        let Shape { hidden: d, state: s, pointer: p, vocabulary: v, .. } = self.shape;
        let Workspace { from_hidden, token_gates, from_state, ranks, state_gates, logits, own } = room;
        from_hidden.resize(s + d + p, 0.0);
        token_gates.resize(2 * s, 0.0);
        from_state.resize(d + p, 0.0);
        ranks.resize(4 * self.shape.adapter_rank, 0.0);
        state_gates.resize(2 * s, 0.0);
        logits.resize(start.adapter.map_or(v, |adapter| adapter.classes), 0.0);
        own.resize_with(team.threads(), Own::default);
        let work = Work {
            start,
            end,
            team,
            from_hidden: Parts::of(from_hidden),
            token_gates: Parts::of(token_gates),
            from_state: Parts::of(from_state),
            ranks: Parts::of(ranks),
            state_gates: Parts::of(state_gates),
            logits: Parts::of(logits),
        };
        (work, own)
    }
}
