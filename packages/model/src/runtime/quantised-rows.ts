import { createGraph, serialise } from '@foretoken/graph'
import { InferenceSession, Tensor } from '@foretoken/onnx-runtime'
import { project, type WeightFormat } from '../graph/projection.ts'

/** Runs of this many rows agree with larger ones on every processor that we know of. */
const rowsAlwaysEnough = 4

/**
 * The fewest rows a run needs so that a row's products do not depend on how many rows there are.
 *
 * MatMulNBits picks its kernel by row count and processor: with some, one or two rows come out percents off, and runs
 * must be padded to 4; with AVX-512 VNNI all row counts give the same bits, and padding would double the price of a
 * single row (0.8 to 1.7 ms for the reference in 8 bits). So ask this processor, with one small product.
 *
 * What remains in either case is the rounding of activations to 8 bits, which turns last-bit differences of attention
 * (past and new rows sum in another order) into 0.3 % of the logits' rms: about one argmax in 100 changes between
 * row counts, padded or not. Here only fp32 gives the same tokens whatever the lookahead; the compiled kernel always.
 */
export async function quantisedRowsMin(format: WeightFormat, columns: number): Promise<number> {
  if (format === 'fp32') return 1
  const session = await InferenceSession.create(probe(format, columns), { logSeverityLevel: 3 })
  const all = await multiply(session, rowsAlwaysEnough, columns)
  let enough = rowsAlwaysEnough
  while (enough > 1) {
    const fewer = await multiply(session, enough - 1, columns)
    if (fewer.some((value, index) => value !== all[index])) break
    enough -= 1
  }
  await session.release()
  return enough
}

const outputs = 64

function probe(format: WeightFormat, columns: number): Uint8Array {
  const graph = createGraph('quantised-rows')
  const data = Float32Array.from({ length: outputs * columns }, (_, index) => Math.sin(index * index))
  const x = graph.input('x', 'float32', ['rows', columns])
  graph.output('y', project(graph, x, 'weight', { rows: outputs, columns, data }, format))
  return serialise(graph.finish())
}

async function multiply(session: InferenceSession, rows: number, columns: number): Promise<Float32Array> {
  const values = Float32Array.from({ length: rows * columns }, (_, index) => Math.cos(index * 0.7))
  const { y } = await session.run({ x: new Tensor('float32', values, [rows, columns]) })
  if (y?.data instanceof Float32Array) return y.data
  throw new Error('the probe gave no float32 output')
}
