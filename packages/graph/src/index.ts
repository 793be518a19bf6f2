/**
 * A typed builder for ONNX graphs.
 *
 * Purpose: models, drafts and training steps are programs that we build ourselves and ONNX Runtime compiles. The
 * builder is where a wrong program is caught: each operator checks dtypes and shapes when it is called, with symbolic
 * sizes ('batch', 'capacity', 'batch*length') where only the run knows the number.
 *
 * Core idea: `createGraph` gives an object whose methods append nodes and return values; `finish` gives the graph as
 * plain data (inputs, initialisers, nodes in order, outputs); `serialise` writes it as an ONNX file. A pass over a
 * graph is a function from that data to more nodes: `grad` adds the derivatives of a loss,
 * and `trainingStep` makes one run of the graph one step of AdamW.
 *
 * Invariants: names are unique; a node reads only what came before it; a value belongs to one graph; equal integer
 * vectors and scalars exist once; initialiser data is held by reference until `serialise`.
 *
 * Failure: GraphError, while building, with the operator, its scope and the shapes. What gets past the builder and is
 * still refused by ONNX Runtime is a defect here.
 *
 * Concurrency: a builder is used by one caller; a finished graph is immutable and may be shared.
 */
export { createGraph, type GraphBuilder } from './create.ts'
export { elementCount, formatShape, product, sameShape, sum } from './dimension.ts'
export { GraphError } from './error.ts'
export { grad } from './gradient/grad.ts'
export type { Attribute, Dim, Domain, DType, Graph, Initialiser, Node, Shape, TensorData, Value } from './ir.ts'
export { crossEntropy, type Target, weightedMean } from './loss/cross-entropy.ts'
export type { BlockQuantised } from './ops/quantised.ts'
export { type AdamWOptions, adamW, type Slot, type StepScalars } from './optimiser/adamw.ts'
export { clipByGlobalNorm } from './optimiser/clip.ts'
export {
  type StateTensor,
  type Trainable,
  type TrainingStep,
  type TrainingStepOptions,
  trainingStep,
} from './optimiser/training-step.ts'
export { serialise } from './wire/serialise.ts'
