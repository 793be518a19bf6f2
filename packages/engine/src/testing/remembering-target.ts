import type { Target, TargetInput, TargetOutput, TargetShape } from '@foretoken/model'

const shape: TargetShape = {
  layers: 2,
  keyValueHeads: 3,
  headDim: 2,
  hiddenSize: 3,
  vocabularySize: 24,
  positionsMax: 256,
}

/**
 * A target that is nothing but its cache: each row says which token it belongs to, and the next token depends on all
 * the rows that a sequence has, by a hash. One wrong row changes what is written; one row that belongs to another
 * layer, side, head or lane fails the run.
 */
export class RememberingTarget implements Target {
  readonly ragged = false
  readonly shape = shape
  /** Rows that were run, padding included. */
  rows = 0

  async run(input: TargetInput): Promise<TargetOutput> {
    const { batch, length, tokens, logitRows } = input
    this.rows += batch * length
    const hashes = Array.from({ length: batch }, (_, sequence) => hashesOf(input, sequence)).flat()
    const logits = new Float32Array(logitRows.length * shape.vocabularySize)
    const hidden = new Float32Array(logitRows.length * shape.hiddenSize)
    for (const [at, row] of logitRows.entries()) {
      const hash = hashes[row] ?? 0
      for (let token = 0; token < shape.vocabularySize; token++)
        logits[at * shape.vocabularySize + token] = (mix(hash, token) % 1000) / 250
      hidden.fill((hash % 1000) / 1000 + 1, at * shape.hiddenSize, (at + 1) * shape.hiddenSize)
    }
    return { logits, hidden, delta: deltaOf(tokens, batch, length) }
  }

  async close(): Promise<void> {}
}

/** [S] for each new token of a sequence a hash of itself and all before it, cached or new. */
function hashesOf({ capacity, keys, values, length, pastLengths, tokens, newMask }: TargetInput, sequence: number) {
  let past = 1
  for (let row = 0; row < (pastLengths[sequence] ?? 0); row++) past = mix(past, tokenAt(row))
  return Array.from({ length }, (_, row) => {
    let hash = past
    for (let before = 0; before <= row; before++) {
      const hidden = newMask?.[(sequence * length + row) * length + before] ?? 0
      if (hidden === 0) hash = mix(hash, tokens[sequence * length + before] ?? 0)
    }
    return hash
  })

  function tokenAt(row: number): number {
    const seen = new Set<number>()
    for (let layer = 0; layer < shape.layers; layer++)
      for (const [side, cache] of [keys[layer], values[layer]].entries())
        for (let head = 0; head < shape.keyValueHeads; head++)
          for (let lane = 0; lane < shape.headDim; lane++) {
            const at = ((sequence * shape.keyValueHeads + head) * capacity + row) * shape.headDim + lane
            seen.add((cache?.[at] ?? Number.NaN) - stampOf(layer * 2 + side, head, lane))
          }
    const [token = Number.NaN] = seen
    if (seen.size !== 1 || !(token >= 0 && token < shape.vocabularySize)) throw new Error('a row of the cache is wrong')
    return token
  }
}

/** [L, 2, B, H, S, D] */
function deltaOf(tokens: Int32Array, batch: number, length: number): Float32Array {
  const { layers, keyValueHeads: heads, headDim } = shape
  const delta = new Float32Array(layers * 2 * batch * heads * length * headDim)
  let at = 0
  for (let block = 0; block < layers * 2; block++)
    for (let sequence = 0; sequence < batch; sequence++)
      for (let head = 0; head < heads; head++)
        for (let row = 0; row < length; row++)
          for (let lane = 0; lane < headDim; lane++)
            delta[at++] = (tokens[sequence * length + row] ?? 0) + stampOf(block, head, lane)
  return delta
}

function stampOf(block: number, head: number, lane: number): number {
  return 1000 * (1 + (block * shape.keyValueHeads + head) * shape.headDim + lane)
}

function mix(hash: number, token: number): number {
  const mixed = Math.imul(hash ^ (token + 1), 0x9e3779b1)
  return (mixed ^ (mixed >>> 15)) >>> 0
}
