//! Threads that run one function together, and meet at barriers inside it. What they do between two barriers takes
//! microseconds, so they spin before they sleep; they never just give way, which schedulers take as an offer
//! to run the same thread on for milliseconds.

use std::hint::spin_loop;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

type Task = *const (dyn Fn(usize) + Sync);

pub struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// One task at a time, whoever asks.
    running: Mutex<()>,
}

/// Pools in use, by their number of threads.
static POOLS: Mutex<Vec<Weak<Pool>>> = Mutex::new(Vec::new());

struct Shared {
    threads: usize,
    /// Counts tasks; a worker that sees it change runs `task`.
    turn: Gate,
    task: TaskCell,
    stopping: AtomicBool,
    /// Threads at the barrier, and how often all have met there.
    arrived: AtomicUsize,
    phase: Gate,
}

struct TaskCell(std::cell::UnsafeCell<Option<Task>>);

// SAFETY: written by the caller of `run` while no worker runs, read by workers after `turn` has moved.
unsafe impl Sync for TaskCell {}
// SAFETY: as above.
unsafe impl Send for TaskCell {}

impl Pool {
    /// The process's pool of so many threads: who runs in turns shares it, for a thread that has just run is awake.
    pub fn of(threads: usize) -> Arc<Pool> {
        let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
        pools.retain(|pool| pool.strong_count() > 0);
        let known = pools.iter().filter_map(Weak::upgrade).find(|pool| pool.threads() == threads);
        known.unwrap_or_else(|| {
            let pool = Arc::new(Pool::new(threads));
            pools.push(Arc::downgrade(&pool));
            pool
        })
    }

    /// The caller of `run` is one of the threads.
    fn new(threads: usize) -> Self {
        let shared = Arc::new(Shared {
            threads: threads.max(1),
            turn: Gate::default(),
            task: TaskCell(std::cell::UnsafeCell::new(None)),
            stopping: AtomicBool::new(false),
            arrived: AtomicUsize::new(0),
            phase: Gate::default(),
        });
        let workers = (1..shared.threads)
            .map(|index| {
                let shared = shared.clone();
                thread::Builder::new()
                    .name(format!("foretoken-{index}"))
                    .spawn(move || work(&shared, index))
                    .expect("a thread starts")
            })
            .collect();
        Pool { shared, workers, running: Mutex::new(()) }
    }

    pub fn threads(&self) -> usize {
        self.shared.threads
    }

    /// Runs `task(0)` here and `task(1)`, … on the others, and returns when all are done. A task must not panic.
    pub fn run(&self, task: &(dyn Fn(usize) + Sync)) {
        let _turn = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let _abort = AbortOnPanic;
        let shared = &*self.shared;
        // SAFETY: no worker reads it before `turn` moves, and none after the barrier; this call outlives both.
        unsafe { *shared.task.0.get() = Some(std::mem::transmute::<*const (dyn Fn(usize) + Sync + '_), Task>(task)) };
        shared.turn.advance();
        task(0);
        self.barrier();
    }

    /// All its threads, inside a task.
    pub fn team(&self) -> Team<'_> {
        Team(Some(self))
    }

    /// Inside a task: returns when all threads are here.
    pub fn barrier(&self) {
        self.shared.barrier();
    }
}

/// Threads that do one thing together: all of a pool inside its task, or one by itself.
#[derive(Clone, Copy)]
pub struct Team<'a>(Option<&'a Pool>);

impl Team<'_> {
    pub fn alone() -> Self {
        Team(None)
    }

    pub fn threads(&self) -> usize {
        self.0.map_or(1, Pool::threads)
    }

    /// What thread `index` does of `count` equal things.
    pub fn share(&self, index: usize, count: usize) -> Range<usize> {
        index * count / self.threads()..(index + 1) * count / self.threads()
    }

    /// Returns when all threads are here.
    pub fn barrier(&self) {
        if let Some(pool) = self.0 {
            pool.barrier();
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::Release);
        self.shared.turn.advance();
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}

impl Shared {
    fn barrier(&self) {
        let phase = self.phase.value();
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.threads {
            self.arrived.store(0, Ordering::Relaxed);
            self.phase.advance();
        } else {
            self.phase.wait_past(phase, BARRIER);
        }
    }
}

/// A thread that panicked would leave the others at a barrier for ever.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if thread::panicking() {
            std::process::abort();
        }
    }
}

fn work(shared: &Shared, index: usize) {
    let _abort = AbortOnPanic;
    let mut turn = 0;
    loop {
        shared.turn.wait_past(turn, BETWEEN_RUNS);
        turn = turn.wrapping_add(1);
        if shared.stopping.load(Ordering::Acquire) {
            return;
        }
        // SAFETY: see `run`.
        if let Some(task) = unsafe { *shared.task.0.get() } {
            // SAFETY: `run` waits for this call, so what it borrows is alive.
            unsafe { (*task)(index) };
        }
        shared.barrier();
    }
}

/// A number that moves on, and threads that wait for it to.
#[derive(Default)]
struct Gate {
    value: AtomicU32,
    sleepers: AtomicU32,
}

impl Gate {
    fn value(&self) -> u32 {
        self.value.load(Ordering::Acquire)
    }

    fn advance(&self) {
        self.value.fetch_add(1, Ordering::SeqCst);
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            atomic_wait::wake_all(&self.value);
        }
    }

    /// Spins so long, then sleeps.
    fn wait_past(&self, value: u32, spinning: Duration) {
        let started = Instant::now();
        while started.elapsed() < spinning {
            for _ in 0..SPINS {
                if self.value() != value {
                    return;
                }
                spin_loop();
            }
        }
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        while self.value.load(Ordering::SeqCst) == value {
            atomic_wait::wait(&self.value, value);
        }
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
    }
}

const SPINS: u32 = 32;
/// Far more than threads are apart at a barrier, but who sleeps there leaves its core to a process of low priority, and
/// is late at the next one: beside a training process serving lost 9 % with 20 µs and 3 % with 300.
const BARRIER: Duration = Duration::from_micros(300);
/// About a step's sampling, planning and drafting. A thread that sleeps through that is woken late, which cost a step 5 %;
/// one that spins for longer takes the core from all else that runs on the machine.
const BETWEEN_RUNS: Duration = Duration::from_micros(500);

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU64;

    #[test]
    fn all_threads_run_each_task_and_meet_at_its_barriers() {
        for threads in [1, 2, 5] {
            let pool = Pool::new(threads);
            let (first, second) = (AtomicU64::new(0), AtomicU64::new(0));
            for round in 1..=300u64 {
                pool.run(&|index| {
                    first.fetch_add(index as u64 + 1, Ordering::Relaxed);
                    pool.barrier();
                    let all = round * (threads as u64 * (threads as u64 + 1) / 2);
                    assert_eq!(first.load(Ordering::Relaxed), all);
                    pool.barrier();
                    second.fetch_add(1, Ordering::Relaxed);
                });
                assert_eq!(second.load(Ordering::Relaxed), round * threads as u64);
            }
        }
    }
}
