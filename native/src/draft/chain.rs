//! A chain: the draft's cell and head, token after token. All threads of a pool draft one together; of a batch each
//! thread drafts whole chains by itself, which wants no barriers.

use super::workspace::{Own, Work, Workspace};
use super::{Adapter, Draft};
use crate::noise::Draw;
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
                self.read_token(thread, work, place, own);
            }
            last = place;
        }
    }
}
