import type { InferenceSession } from 'onnxruntime-node'

/**
 * How ONNX Runtime runs a target. Measured on two cores of an EPYC (Genoa) with the 12.2 M parameter reference in
 * fp32, one row on 256 cached rows unless noted; a plain C loop reads the same 49 MB in 0.6 to 1.5 ms, by the hour.
 *
 * - Prepacking stays on: the projections alone take 0.9 ms packed and 1.8 ms not (8 rows: 2.1 and 3.6 ms).
 * - Two threads spin while a run lasts (1.7 ms; sleeping instead 2.4 ms; one thread 2.9 ms) and stop when it ends:
 *   left to themselves they burn 1.2 cores at one run per 13 ms, stopped 0.45, at the same speed. A bounded spin
 *   outlasts the gaps between operators (some microseconds) and wastes little when the cores are taken by others.
 * - Optimisation level 'all' (1.7 ms) against 'basic' (1.8); memory pattern and arena on (off: 1.7 and 2.1).
 * - Separate products for value, gate and up in place of fused ones with splits: no difference. Operators cost 0.3 µs
 *   each, an empty run 15 µs; what counts is memory, and huge pages (GLIBC_TUNABLES=glibc.malloc.hugetlb=1 in the
 *   environment that starts the process) save another 5 to 10 %.
 */
export function sessionOptions(device: string, threads: number): InferenceSession.SessionOptions {
  return {
    executionProviders: [device],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    extra: { session: { force_spinning_stop: '1', intra_op: { spin_duration_us: '100' } } },
  }
}
