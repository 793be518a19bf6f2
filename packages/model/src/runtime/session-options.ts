import type { InferenceSession } from '@foretoken/onnx-runtime'

/**
 * How ONNX Runtime runs a target. Measured on two cores of an EPYC (Genoa) with the 12.2 M parameter reference in
 * fp32, one row on 256 cached rows unless noted. What bounds it is memory: weights and cache are 54 MB, and a C loop
 * that only reads as much took at best 1.1 ms when a run took 1.55, and 1.8 ms in an hour when a run took 1.8.
 *
 * - Prepacking stays on: the projections alone take 0.9 ms packed and 1.8 ms not (8 rows: 2.1 and 3.6 ms).
 * - Two threads: 1.8 ms against 2.9 with one. They spin while they wait for each other, for 20 µs at most, and stop
 *   when the run ends. On quiet cores that is as fast as ONNX Runtime's long spin (medians 2.6 and 2.8 ms; without
 *   any spin 3.4), and between runs it leaves the cores to others (one run per 13 ms: 0.5 cores, the long spin 1.2).
 *   On cores that others keep busy the long spin is ruinous: mean 7.0 ms; 20 µs: 4.8; none: 4.2; one thread: 3.7.
 * - Optimisation level 'all' (1.7 ms) against 'basic' (1.8); arena on (off: 2.1); memory pattern makes no difference.
 * - Separate products for value, gate and up instead of fused ones with splits: no difference. A small operator costs
 *   0.3 µs, an empty run 15 µs, building the feeds 20 µs; attention is 0.3 ms and the rest projections. Huge pages
 *   (GLIBC_TUNABLES=glibc.malloc.hugetlb=1 in the environment that starts the process) save up to 10 %.
 */
export function sessionOptions(device: string, threads: number): InferenceSession.SessionOptions {
  return {
    executionProviders: [device],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    extra: { session: { force_spinning_stop: '1', intra_op: { spin_duration_us: '20' } } },
  }
}
