import { inLayer } from '../architecture/architecture.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { type Matrix, stack } from './matrix.ts'

/** One decoder layer's weights, with those that read the same input stacked. */
export interface LayerWeights {
  readonly inputNorm: Float32Array
  /** [(heads + 2 · keyValueHeads) · headDim, hidden]: queries, keys, values. */
  readonly queryKeyValue: Matrix
  /** [heads + keyValueHeads, headDim]: one RMSNorm scale per query and key head. */
  readonly headNorms: Float32Array | undefined
  readonly output: Matrix
  readonly feedForwardNorm: Float32Array
  /** [2 · feedForward, hidden]: gate, up. */
  readonly gateUp: Matrix
  readonly down: Matrix
}

export async function readLayer(checkpoint: Checkpoint, layer: number): Promise<LayerWeights> {
  const { config, architecture } = checkpoint
  const names = architecture.layer
  const { heads, keyValueHeads, headDim } = config
  const vector = (name: string) => checkpoint.floats(inLayer(name, layer))
  // Scores are q · k / √headDim. Scaling the queries here costs nothing at run time; a product with α ≠ 1 would
  // lose MLAS's one-row kernels. With head norms the scale moves behind the norm, which would undo it.
  const scoreScale = headDim ** -0.5
  const headNorms = names.headNorms && {
    query: scale(await vector(names.headNorms.query), scoreScale),
    key: await vector(names.headNorms.key),
  }
  const matrix = async (name: string): Promise<Matrix> => {
    const data = await vector(name)
    const [rows = 1, columns = 1] = checkpoint.tensors.get(inLayer(name, layer))?.shape ?? []
    return { rows, columns, data }
  }
  const query = await matrix(names.query)
  if (!headNorms) scale(query.data, scoreScale)
  return {
    inputNorm: await vector(names.inputNorm),
    queryKeyValue: stack([query, await matrix(names.key), await matrix(names.value)]),
    headNorms: headNorms && repeatPerHead(headNorms, heads, keyValueHeads),
    output: await matrix(names.output),
    feedForwardNorm: await vector(names.feedForwardNorm),
    gateUp: stack([await matrix(names.gate), await matrix(names.up)]),
    down: await matrix(names.down),
  }
}

/** In place: the array is this read's own. */
function scale(values: Float32Array, factor: number): Float32Array {
  for (let index = 0; index < values.length; index += 1) values[index] = (values[index] ?? 0) * factor
  return values
}

function repeatPerHead(norms: { query: Float32Array; key: Float32Array }, heads: number, keyValueHeads: number) {
  const size = norms.query.length
  const repeated = new Float32Array((heads + keyValueHeads) * size)
  for (let head = 0; head < heads + keyValueHeads; head += 1) {
    repeated.set(head < heads ? norms.query : norms.key, head * size)
  }
  return repeated
}
