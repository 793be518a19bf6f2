/**
 * Where artifacts lie, and the file format that they have.
 *
 * Purpose: one small port, ObjectStore, over a folder or an S3 bucket, so that the same code runs on a laptop and at
 * scale; and safetensors in memory, so that drafts, adapters and traces are files which any tool can read.
 *
 * Core idea: objects are immutable. `put(…, { ifAbsent: true })` is the only coordination between processes: whoever
 * writes a key first owns it, and everybody who has a key may cache its bytes for good. What changes (which version is
 * live) is a row in the database that names a key.
 *
 * Invariants: a reader sees a whole object or none, also after a crash of the writer; one of many `ifAbsent` writers
 * wins, also between processes and machines, large objects included; bytes that are not those that were put are never
 * returned; a key never leads out of its store; a safetensors file is accepted only if its tensors tile it exactly; equal
 * tensors encode to equal bytes. Both adapters pass one conformance suite
 * (`src/testing/object-store-conformance.ts`).
 *
 * Failure: StorageError says whose move it is (`code`) and what to mend; SafetensorsError names the tensor. An S3 server
 * that ignores `If-None-Match` is found out at the first conditional write and refused. What a killed writer left
 * behind (a partial file, parts of an upload) is never an object, and goes after a day.
 *
 * Concurrency: a store may be used by any number of callers and processes at once. Listings are no snapshot: an object
 * that comes or goes meanwhile may or may not show.
 */
export {
  type ObjectStore,
  StorageError,
  type StorageErrorCode,
  type StoredObject,
} from './object-store/object-store.ts'
export { openObjectStore } from './object-store/open.ts'
export { decodeSafetensors, encodeSafetensors } from './safetensors/codec.ts'
export { SafetensorsError } from './safetensors/error.ts'
export { fromFloat32, toFloat32 } from './safetensors/floats.ts'
export { fromHalf, toHalf } from './safetensors/half.ts'
export {
  type Dtype,
  headerBytesOf,
  parseSafetensorsHeader,
  prefixBytes,
  type SafetensorsHeader,
  type TensorEntry,
  type TensorLocation,
  tensorBytes,
} from './safetensors/header.ts'
export { elements, type SafeTensor, tensorOf } from './safetensors/tensor.ts'
export { type LazyTensor, writeSafetensors } from './safetensors/write.ts'
