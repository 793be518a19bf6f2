import type { Target, TargetInput } from '@foretoken/model'

const shape = { layers: 2, keyValueHeads: 1, headDim: 2, hiddenSize: 2, vocabularySize: 29, positionsMax: 320 }

/**
 * A target in whole numbers: what follows depends on every row that a token sees, on its token and its place, and on
 * nothing else. So a row that is missing, doubled, of another sequence or of an older time changes what is said, and
 * what is computed anew is the same to the bit.
 */
export const hashTarget: Target = {
  ragged: false,
  shape,
  run: async (input) => {
    const { batch, length, logitRows } = input
    const delta = new Float32Array(shape.layers * 2 * batch * length * shape.headDim)
    for (let block = 0; block < shape.layers * 2; block++)
      for (let row = 0; row < batch * length; row++)
        delta.set(stampOf(input, row, block), (block * batch * length + row) * shape.headDim)
    const logits = new Float32Array(logitRows.length * shape.vocabularySize)
    const hidden = new Float32Array(logitRows.length * shape.hiddenSize)
    for (const [at, row] of logitRows.entries()) {
      const state = stateAt(input, row)
      hidden.set([1 + (state % 512), 1 + (state % 509)], at * shape.hiddenSize)
      for (let token = 0; token < shape.vocabularySize; token++)
        logits[at * shape.vocabularySize + token] = ((state * (token + 3) ** 2) % 1009) / 200
    }
    return { logits, hidden, delta }
  },
  close: async () => {},
}

/** What a row leaves in the cache, [D]. */
function stampOf({ tokens, positions }: TargetInput, row: number, block: number): [number, number] {
  return [(tokens[row] ?? 0) + 100 * block, positions[row] ?? 0]
}

/** Of the rows that this one sees, in the cache and in the run. */
function stateAt(input: TargetInput, row: number): number {
  const { length, capacity, pastLengths, keys, values, newMask } = input
  const sequence = Math.floor(row / length)
  let state = 0
  const see = (block: number, token: number, position: number) => {
    state = (state + (token + 1 + block) * (position * position + 7 * position + 3)) % 1_000_003
  }
  for (let block = 0; block < shape.layers * 2; block++) {
    const cache = (block % 2 === 0 ? keys : values)[block >> 1] ?? new Float32Array()
    for (let past = 0; past < (pastLengths[sequence] ?? 0); past++) {
      const at = (sequence * capacity + past) * shape.headDim
      see(block, (cache[at] ?? Number.NaN) - 100 * block, cache[at + 1] ?? Number.NaN)
    }
    for (let other = 0; other < length; other++) {
      const masked = newMask && (newMask[row * length + other] ?? 0) < -1
      if (newMask ? masked : other > row % length) continue
      const [token, position] = stampOf(input, sequence * length + other, block)
      see(block, token - 100 * block, position)
    }
  }
  return state
}
