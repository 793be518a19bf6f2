//! What a state makes of the vocabulary and of the request's own tokens: the draft's largest products.

use super::workspace::{Own, Work};
use super::{Adapter, Draft, Shape, add, copy};
use crate::products::dots;

impl Draft {
    /// Logits of all classes and scores of what can be pointed at.
    pub(super) fn score(&self, thread: usize, last: usize, work: &Work, own: &mut Own) {
        let Shape { hidden: d, state: s, vocabulary: v, pointer: p, adapter_rank: r, adapter_hot: most, .. } =
            self.shape;
        let Work { start, team, .. } = *work;
        let Own { state, query, residual, asked, ranks, scores, rank, .. } = own;
        let share = team.share(thread, d + p);
        // SAFETY: see `open`.
        let part = unsafe { work.from_state.write(share.start, share.len()) };
        self.from_state.times(state, 2 * s + share.start..2 * s + share.end, part);
        if let Some(adapter) = start.adapter {
            let share = team.share(thread, 4 * r);
            let ranks = unsafe { work.ranks.write(share.start, share.len()) };
            ranks.fill(0.0);
            adapter.from_state.add_product(&state.values, share, ranks);
        }
        team.barrier();
        copy(asked, unsafe { work.from_state.read(0, d + p) });
        add(asked, residual);
        if let Some(adapter) = start.adapter {
            copy(ranks, unsafe { work.ranks.read(0, 4 * r) });
            adapter.query.add_product(&ranks[r..2 * r], 0..d, &mut asked[..d]);
            adapter.pointer_query.add_product(&ranks[3 * r..], 0..p, &mut asked[d..]);
        }
        query.set(&asked[..d]);
        let bias = work.bias(self);
        let known = |adapter: &Adapter| if last < adapter.classes { last } else { v + most };
        let share = team.share(thread, v);
        let logits = unsafe { work.logits.write(share.start, share.len()) };
        self.head.times(query, share.clone(), logits);
        self.markov_rows.row(last.min(v), rank);
        self.markov_up.add_product(rank, share.clone(), logits);
        add(logits, &bias[share.clone()]);
        if let Some(adapter) = start.adapter {
            adapter.markov.a.row(known(adapter), rank);
            let hot = team.share(thread, adapter.classes - v);
            let classes = v + hot.start..v + hot.end;
            let hot_logits = unsafe { work.logits.write(classes.start, classes.len()) };
            adapter.hot_head.times(query, hot, hot_logits);
            add(hot_logits, &bias[classes.clone()]);
            for (classes, logits) in [(share, logits), (classes, hot_logits)] {
                adapter.head.add_product(&ranks[2 * r..3 * r], classes.clone(), logits);
                adapter.markov.b.add_product(rank, classes, logits);
            }
        }
        scores.resize(start.places.len(), 0.0);
        dots(start.keys, &asked[d..], scores);
        let bias = self.pointer_bias + start.adapter.map_or(0.0, |adapter| adapter.pointer_bias);
        scores.iter_mut().for_each(|score| *score += bias);
        team.barrier();
    }
}
