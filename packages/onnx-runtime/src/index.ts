/**
 * ONNX Runtime, and the only way to it.
 *
 * Purpose: nothing that we run phones home. ONNX Runtime 1.30 keeps a device id and a database of events in the user's
 * cache folder, a log in the temporary one, and uploads the events, unless `ORT_DISABLE_TELEMETRY` is 1.
 *
 * Core idea: whoever needs ONNX Runtime imports it from here, in services, tests, benchmarks and a stranger's program
 * alike, so the switch is thrown in each process that has the library. The layout test refuses a direct import.
 *
 * Invariant: the switch is thrown before the library is loaded, so this import comes first. 1.30 reads it with the first
 * session; another version may read it sooner.
 *
 * Concurrency: a worker thread has a copy of its process's environment, which the library doesn't see. Whoever runs
 * models in threads imports this in the main thread too.
 */
import './telemetry-off.ts'

export { InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node'
