import type { TargetInput, TargetShape } from '../target.ts'

/**
 * Refuses a run whose arrays do not have the sizes that the interface states. ONNX Runtime would read the wrong rows
 * or fail with a message about an operator deep inside the graph.
 */
export function checkInput(input: TargetInput, shape: TargetShape): void {
  const { batch, length, capacity } = input
  const rows = batch * length
  if (batch < 1 || length < 1 || capacity < 0)
    throw new RangeError(`no run of ${batch} × ${length} on ${capacity} rows`)
  expect('tokens', input.tokens.length, rows)
  expect('positions', input.positions.length, rows)
  expect('pastLengths', input.pastLengths.length, batch)
  expect('keys', input.keys.length, shape.layers)
  expect('values', input.values.length, shape.layers)
  if (input.newMask) expect('newMask', input.newMask.length, rows * length)
  const cached = batch * shape.keyValueHeads * capacity * shape.headDim
  for (const [layer, keys] of input.keys.entries()) expect(`keys[${layer}]`, keys.length, cached)
  for (const [layer, values] of input.values.entries()) expect(`values[${layer}]`, values.length, cached)
  within('token', input.tokens, shape.vocabularySize - 1)
  within('position', input.positions, shape.positionsMax - 1)
  within('past length', input.pastLengths, capacity)
  within('logit row', input.logitRows, rows - 1)
  if (input.lengths) checkLengths(input.lengths, input)
}

function checkLengths(lengths: Int32Array, { batch, length, logitRows }: TargetInput): void {
  expect('lengths', lengths.length, batch)
  within('length', lengths, length, 1)
  for (const row of logitRows) {
    if (row % length >= (lengths[Math.floor(row / length)] ?? 0)) throw new RangeError(`logit row ${row} is padding`)
  }
}

function expect(name: string, actual: number, expected: number): void {
  if (actual !== expected) throw new RangeError(`${name} has ${actual} elements, the run needs ${expected}`)
}

function within(name: string, values: Int32Array, max: number, min = 0): void {
  for (const value of values) {
    if (value < min || value > max) throw new RangeError(`${name} ${value} is outside ${min} to ${max}`)
  }
}
