import { InferenceSession, Tensor } from '@foretoken/onnx-runtime'
import { createGraph, type GraphBuilder } from '../create.ts'
import type { DType, Shape, Value } from '../ir.ts'
import { serialise } from '../wire/serialise.ts'

export interface Feed {
  readonly dims: readonly number[]
  readonly data: Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array
  /** Symbolic shape in the graph; absent: the sizes of `dims`. */
  readonly shape?: Shape
}

export const floats = (dims: readonly number[], data: readonly number[], shape?: Shape): Feed => ({
  dims,
  data: Float32Array.from(data),
  ...(shape && { shape }),
})

export const integers = (dims: readonly number[], data: readonly number[]): Feed => ({
  dims,
  data: BigInt64Array.from(data, BigInt),
})

/** Builds a graph over the feeds, runs it on ONNX Runtime and gives each output's sizes and numbers. */
export async function runGraph(
  feeds: readonly Feed[],
  build: (graph: GraphBuilder, ...inputs: Value[]) => Value | readonly Value[],
): Promise<{ dims: readonly number[]; data: number[]; shape: Shape }[]> {
  const graph = createGraph('test')
  const inputs = feeds.map((feed, index) => graph.input(`input.${index}`, dtypeOf(feed.data), feed.shape ?? feed.dims))
  const outputs = [build(graph, ...inputs)].flat().map((value, index) => graph.output(`output.${index}`, value))
  const session = await InferenceSession.create(serialise(graph.finish()), { logSeverityLevel: 3 })
  const tensors = feeds.map((feed, index) => [`input.${index}`, tensorOf(feed)] as const)
  const results = await session.run(Object.fromEntries(tensors))
  await session.release()
  return outputs.map(({ name, shape }) => {
    const tensor = results[name]
    if (!tensor) throw new Error(`the graph did not give ${name}`)
    return { dims: tensor.dims, data: Array.from(tensor.data, Number), shape }
  })
}

export function dtypeOf(data: Feed['data']): DType {
  if (data instanceof Float32Array) return 'float32'
  if (data instanceof Float64Array) return 'float64'
  if (data instanceof BigInt64Array) return 'int64'
  return data instanceof Int32Array ? 'int32' : 'bool'
}

export function tensorOf({ data, dims }: Feed): Tensor {
  if (data instanceof Float32Array) return new Tensor('float32', data, dims)
  if (data instanceof Float64Array) return new Tensor('float64', data, dims)
  if (data instanceof BigInt64Array) return new Tensor('int64', data, dims)
  if (data instanceof Int32Array) return new Tensor('int32', data, dims)
  return new Tensor('bool', data, dims)
}
