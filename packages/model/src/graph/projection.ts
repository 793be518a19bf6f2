import type { GraphBuilder, Value } from '@foretoken/graph'
import type { Matrix } from './matrix.ts'
import { blockSize, quantise } from './quantise.ts'

export type WeightFormat = 'fp32' | 'int8' | 'int4'

/** x [..., columns] · Wᵀ → [..., rows], with the weight stored in the wanted format. */
export function project(graph: GraphBuilder, x: Value, name: string, matrix: Matrix, format: WeightFormat): Value {
  return projection(graph, name, matrix, format)(x)
}

/** The same for a weight that several inputs meet: it is stored once. */
export function projection(
  graph: GraphBuilder,
  name: string,
  matrix: Matrix,
  format: WeightFormat,
): (x: Value) => Value {
  const { rows, columns } = matrix
  if (format === 'fp32') {
    const weight = graph.constant(name, 'float32', [rows, columns], matrix.data)
    return (x) => graph.fusedMatMul(x, weight, { transB: true })
  }
  const bits = format === 'int8' ? 8 : 4
  const { blocks, scales } = quantise(matrix, bits)
  const blockCount = columns / blockSize
  const weight = {
    blocks: graph.constant(`${name}/blocks`, 'uint8', [rows, blockCount, (blockSize * bits) / 8], blocks),
    scales: graph.constant(`${name}/scales`, 'float32', [rows * blockCount], scales),
    bits,
    blockSize,
    accuracyLevel: 4,
  } as const
  return (x) => graph.matMulNBits(x, weight)
}
