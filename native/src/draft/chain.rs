//! A chain: the draft's cell and head, token after token. All threads of a pool draft one together; of a batch each
//! thread drafts whole chains by itself, which wants no barriers.

use super::{Adapter, Draft, Shape};
use crate::functions::{exponentials, maximum, place_of_maximum, sigmoid, sigmoids, tangents};
use crate::matrix::{Activation, dots};
use crate::noise::Draw;
use crate::parts::Parts;
use crate::pool::{Pool, Team};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where a chain starts.
pub struct Start<'a> {
    /// [d]
    pub hidden: &'a [f32],
    /// [d]: the last token as it enters the draft.
    pub input: &'a [f32],
    /// Its draft id; `classes` when it has none.
    pub last: usize,
    /// [L, R]
    pub keys: &'a [f32],
    /// [L]: draft ids of the tokens that can be pointed at; −1 for those that have none.
    pub places: &'a [i32],
    pub adapter: Option<&'a Adapter>,
    /// With the temperature; absent when greedy.
    pub noise: Option<(Draw, f32)>,
}

/// Room for chains, reused from call to call: what the threads hand each other, and of each what is its own.
#[derive(Default)]
pub struct Workspace {
    from_hidden: Vec<f32>,
    token_gates: Vec<f32>,
    first_gates: Vec<f32>,
    from_state: Vec<f32>,
    ranks: Vec<f32>,
    own_gates: Vec<f32>,
    logits: Vec<f32>,
    own: Vec<Own>,
}

#[derive(Default)]
struct Own {
    hidden: Activation,
    input: Activation,
    state: Activation,
    query: Activation,
    /// [d + R]: what the hidden state adds to each query and pointer.
    residual: Vec<f32>,
    /// [d + R]
    asked: Vec<f32>,
    gates: Vec<f32>,
    /// [2s]: the state's part of the next gates.
    next_gates: Vec<f32>,
    ranks: Vec<f32>,
    scores: Vec<f32>,
    shares: Vec<f32>,
    weights: Vec<f32>,
    heard: Vec<f32>,
    rank: Vec<f32>,
    words: Vec<u32>,
}

/// When a chain ends before it is as long as it may be.
pub struct End<'a> {
    /// Once the confidence in all of it is below this.
    pub survival_min: f32,
    /// After one of these draft ids.
    pub places: &'a [i32],
}

/// One chain that is asked for, and where it goes: draft ids, and the chance that the target takes each if it took
/// those before. A chain whose numbers overflowed has no confidence.
pub struct Task<'a> {
    pub start: Start<'a>,
    pub end: End<'a>,
    pub places: &'a mut [i32],
    pub confidences: &'a mut [f32],
    /// How many tokens were drafted.
    pub length: usize,
}

/// One chain, as all its threads see it.
struct Work<'a> {
    start: &'a Start<'a>,
    end: &'a End<'a>,
    team: Team<'a>,
    /// [s + d + R]
    from_hidden: Parts,
    /// [2s] each: of the first token, and of the first state.
    token_gates: Parts,
    first_gates: Parts,
    /// [2s + d + R]
    from_state: Parts,
    /// [4r] and [2s]: what an adapter makes of the state.
    ranks: Parts,
    own_gates: Parts,
    /// [classes]
    logits: Parts,
}

impl Work<'_> {
    fn bias<'a>(&'a self, draft: &'a Draft) -> &'a [f32] {
        self.start.adapter.map_or(&draft.head_bias, |adapter| &adapter.head_bias)
    }
}

impl Draft {
    /// Drafts all chains; `rooms` grows to a room for each thread.
    pub fn chains(&self, tasks: &mut [Task], pool: &Pool, rooms: &mut Vec<Workspace>) {
        rooms.resize_with(pool.threads(), Workspace::default);
        if let [task] = tasks {
            return self.together(task, pool, &mut rooms[0]);
        }
        let rooms: Vec<_> = rooms.iter_mut().map(Mutex::new).collect();
        let tasks: Vec<_> = tasks.iter_mut().map(Mutex::new).collect();
        let next = AtomicUsize::new(0);
        pool.run(&|thread| {
            let mut room = rooms[thread].lock().expect("only this thread locks it");
            while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                self.alone(&mut task.lock().expect("only one thread takes it"), &mut room);
            }
        });
    }

    /// Threads share the rows of the large products; all else is little, so each does it for itself, the same.
    fn together(&self, task: &mut Task, pool: &Pool, room: &mut Workspace) {
        let Task { start, end, places, confidences, length } = task;
        let longest = places.len();
        let (work, own) = self.open_work(start, end, pool.team(), room);
        let drafted = Mutex::new((places, confidences, length));
        let own: Vec<Mutex<&mut Own>> = own.iter_mut().map(Mutex::new).collect();
        pool.run(&|thread| {
            let mut own = own[thread].lock().expect("only this thread locks it");
            self.draft(thread, &work, &mut own, longest, |at, place, confidence| {
                if thread == 0 {
                    let mut drafted = drafted.lock().expect("only the first thread locks it");
                    (drafted.0[at], drafted.1[at], *drafted.2) = (place, confidence, at + 1);
                }
            });
        });
    }

    fn alone(&self, task: &mut Task, room: &mut Workspace) {
        let Task { start, end, places, confidences, length } = task;
        let (work, own) = self.open_work(start, end, Team::alone(), room);
        self.draft(0, &work, &mut own[0], places.len(), |at, place, confidence| {
            (places[at], confidences[at], *length) = (place, confidence, at + 1);
        });
    }

    fn open_work<'a>(
        &self,
        start: &'a Start<'a>,
        end: &'a End<'a>,
        team: Team<'a>,
        room: &'a mut Workspace,
    ) -> (Work<'a>, &'a mut [Own]) {
        let Shape { hidden: d, state: s, pointer: p, vocabulary: v, .. } = self.shape;
        let Workspace { from_hidden, token_gates, first_gates, from_state, ranks, own_gates, logits, own } = room;
        from_hidden.resize(s + d + p, 0.0);
        token_gates.resize(2 * s, 0.0);
        first_gates.resize(2 * s, 0.0);
        from_state.resize(2 * s + d + p, 0.0);
        ranks.resize(4 * self.shape.adapter_rank, 0.0);
        own_gates.resize(2 * s, 0.0);
        logits.resize(start.adapter.map_or(v, |adapter| adapter.classes), 0.0);
        own.resize_with(team.threads(), Own::default);
        let work = Work {
            start,
            end,
            team,
            from_hidden: Parts::of(from_hidden),
            token_gates: Parts::of(token_gates),
            first_gates: Parts::of(first_gates),
            from_state: Parts::of(from_state),
            ranks: Parts::of(ranks),
            own_gates: Parts::of(own_gates),
            logits: Parts::of(logits),
        };
        (work, own)
    }

    /// One thread's part of a chain; every thread comes to the same tokens.
    fn draft(&self, thread: usize, work: &Work, own: &mut Own, longest: usize, mut put: impl FnMut(usize, i32, f32)) {
        self.open(thread, work, own);
        let mut last = work.start.last;
        let mut survival = 1.0;
        for at in 0..longest {
            self.next_state(own);
            self.score(thread, last, work, own);
            let (place, log_share) = self.choose(at as u32, work, own);
            let confidence = self.confidence(log_share, &own.state.values);
            put(at, place as i32, confidence);
            survival *= confidence;
            if survival < work.end.survival_min || work.end.places.contains(&(place as i32)) {
                return;
            }
            if at + 1 < longest {
                self.read_token(work, place, own);
            }
            last = place;
        }
    }

    /// The first state and its gates.
    fn open(&self, thread: usize, work: &Work, own: &mut Own) {
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

    fn next_state(&self, Own { state, gates, .. }: &mut Own) {
        let (update, candidate) = gates.split_at_mut(self.shape.state);
        sigmoids(update);
        tangents(candidate);
        for ((old, new), share) in state.values.iter_mut().zip(candidate).zip(update) {
            *old += *share * (*new - *old);
        }
        state.refresh();
    }

    /// Logits of all classes and scores of what can be pointed at.
    fn score(&self, thread: usize, last: usize, work: &Work, own: &mut Own) {
        let Shape { hidden: d, state: s, vocabulary: v, pointer: p, adapter_rank: r, adapter_hot: most, .. } =
            self.shape;
        let Work { start, team, .. } = *work;
        let Own { state, query, residual, asked, next_gates, ranks, scores, rank, .. } = own;
        let share = team.share(thread, 2 * s + d + p);
        // SAFETY: see `open`.
        self.from_state.times(state, share.clone(), unsafe { work.from_state.write(share.start, share.len()) });
        if let Some(adapter) = start.adapter {
            let share = team.share(thread, 4 * r);
            let ranks = unsafe { work.ranks.write(share.start, share.len()) };
            ranks.fill(0.0);
            adapter.from_state.add_product(&state.values, share, ranks);
        }
        team.barrier();
        copy(next_gates, unsafe { work.from_state.read(0, 2 * s) });
        copy(asked, unsafe { work.from_state.read(2 * s, d + p) });
        add(asked, residual);
        if let Some(adapter) = start.adapter {
            copy(ranks, unsafe { work.ranks.read(0, 4 * r) });
            adapter.query.add_product(&ranks[r..2 * r], 0..d, &mut asked[..d]);
            adapter.pointer_query.add_product(&ranks[3 * r..], 0..p, &mut asked[d..]);
            let share = team.share(thread, 2 * s);
            let gates = unsafe { work.own_gates.write(share.start, share.len()) };
            gates.fill(0.0);
            adapter.state_gates.add_product(&ranks[..r], share, gates);
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

    /// The draft id of the next token, and the logarithm of its share.
    fn choose(&self, step: u32, work: &Work, own: &mut Own) -> (usize, f32) {
        let Own { scores, shares, weights, heard, words, .. } = own;
        let start = work.start;
        // SAFETY: see `open`.
        let logits = unsafe { work.logits.read(0, work.bias(self).len()) };
        let top = maximum(logits).max(maximum(scores));
        shares.resize(logits.len(), 0.0);
        weights.resize(scores.len(), 0.0);
        let sum = exponentials(logits, top, shares) + exponentials(scores, top, weights);
        let pointed = |place: &i32| usize::try_from(*place).ok().filter(|&place| place < logits.len());
        for (place, weight) in start.places.iter().zip(weights.iter()) {
            if let Some(place) = pointed(place) {
                shares[place] += weight;
            }
        }
        let place = if let Some((draw, temperature)) = start.noise {
            let order = start.adapter.map_or(&self.noise, |adapter| &adapter.noise);
            heard.resize(logits.len(), 0.0);
            let position = draw.position.wrapping_add(step);
            order.fill(Draw { position, ..draw }, temperature, words, heard);
            // Where nothing points the logarithm of a share is its logit.
            let mut lifted: Vec<(usize, f32)> = Vec::with_capacity(start.places.len());
            for place in start.places.iter().filter_map(pointed) {
                lifted.push((place, heard[place] + (shares[place] + SHARE_MIN).ln()));
            }
            for (heard, logit) in heard.iter_mut().zip(logits.iter()) {
                *heard += logit - top;
            }
            for (place, value) in lifted {
                heard[place] = value;
            }
            place_of_maximum(heard)
        } else {
            place_of_maximum(shares)
        };
        (place, (shares[place] / sum + SHARE_MIN).ln())
    }

    fn confidence(&self, log_share: f32, state: &[f32]) -> f32 {
        let rest = (1.0 + SHARE_GAP - log_share.exp()).ln();
        let mut logit = [0.0];
        dots(&self.confidence_state, state, &mut logit);
        let chance = sigmoid(logit[0] + (log_share - rest) * (1.0 + self.confidence_top) + self.confidence_bias);
        if chance.is_nan() { 0.0 } else { chance }
    }

    /// The gates of the next step, after this token.
    fn read_token(&self, work: &Work, place: usize, own: &mut Own) {
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

/// As in definition.ts.
const SHARE_MIN: f32 = 1e-30;
const SHARE_GAP: f32 = 1e-5;

fn copy(out: &mut Vec<f32>, values: &[f32]) {
    out.clear();
    out.extend_from_slice(values);
}

fn add(out: &mut [f32], values: &[f32]) {
    for (out, value) in out.iter_mut().zip(values) {
        *out += value;
    }
}
