/**
 * Hugging Face folders to models that an engine can step.
 *
 * Purpose: read a checkpoint (config.json, safetensors, tokenizer.json, chat template) of a supported architecture and
 * give a Target, which runs one forward pass, and a Tokenizer.
 *
 * Core idea: the cache goes in, the delta comes out. The graph that `buildTargetGraph` makes reads the cache of past
 * keys and values as inputs and returns only the rows of the new tokens; the engine appends those of accepted tokens.
 * Masks are inputs, so ragged batches and token trees need no other graph. Architectures are data
 * (`src/architecture`): tensor names and the few ways in which the Llama family differs.
 *
 * In fp32 on a processor the same function is run by a compiled kernel (`native`) where it was built: it reads each
 * weight once however many rows there are, so verifying eight tokens costs little more than one, and it sums in one order
 * whatever the rows, so rows do not depend on one another even in their last bit. The graph is its reference, runs where
 * it is missing, and runs 8 and 4 bits and other devices.
 *
 * `targetFingerprint` tells one target from another, weights included; `targetForm` what those have in common that differ
 * in their weights alone.
 *
 * Invariants: a folder is served as its authors meant it or not at all (each field of config.json that changes the
 * function is supported or refused); a run reads the caller's cache and never writes to it; what else is in a run
 * changes a row by rounding only, or not at all (see Target); text that a user wrote never becomes a special token in
 * `encodeChat`.
 *
 * Failure: CheckpointError names file and field; TokenizerError and ChatTemplateError concern the text side;
 * DeviceError a device that is not there; RangeError a run whose arrays do not fit together.
 *
 * Concurrency: kernel and ONNX Runtime for Node block the JavaScript thread while they run, so runs of one process
 * never overlap; give each its own worker to overlap them with other work.
 */
export { type Checkpoint, openCheckpoint } from './checkpoint/checkpoint.ts'
export type { ModelConfig } from './checkpoint/config.ts'
export { CheckpointError } from './checkpoint/error.ts'
export { fileFingerprint, targetFingerprint } from './checkpoint/fingerprint.ts'
export { haveSameForm, targetForm } from './checkpoint/form.ts'
export type { GenerationDefaults } from './checkpoint/generation.ts'
export { type CheckpointSummary, inspectCheckpoint } from './checkpoint/inspect.ts'
export { readTokenTables, type TokenTables } from './checkpoint/token-tables.ts'
export { convertGguf } from './gguf/convert.ts'
export { type GgufSummary, inspectGguf } from './gguf/inspect.ts'
export type { Matrix } from './graph/matrix.ts'
export { projection, type WeightFormat } from './graph/projection.ts'
export { buildTargetGraph, type TargetGraphOptions } from './graph/target-graph.ts'
export { type LoadedModel, type LoadOptions, loadModel } from './load.ts'
export { DeviceError, openTarget, type TargetOptions } from './runtime/open-target.ts'
export * from './target.ts'
export type { ChatMessage, ChatOptions } from './tokenizer/chat.ts'
export { ChatTemplateError, TokenizerError } from './tokenizer/error.ts'
export { Tokenizer } from './tokenizer/tokenizer.ts'
