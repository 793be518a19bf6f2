import { expect, test } from 'vitest'
import type { TargetInput } from '../target.ts'
import { checkInput } from './check-input.ts'

const shape = { layers: 1, keyValueHeads: 1, headDim: 2, hiddenSize: 4, vocabularySize: 10, positionsMax: 8 }
const fitting: TargetInput = {
  batch: 1,
  length: 2,
  capacity: 3,
  tokens: Int32Array.of(1, 9),
  positions: Int32Array.of(3, 4),
  pastLengths: Int32Array.of(3),
  keys: [new Float32Array(6)],
  values: [new Float32Array(6)],
  logitRows: Int32Array.of(1),
}

test('a run whose arrays fit is accepted', () => {
  expect(() => checkInput(fitting, shape)).not.toThrow()
})

test.each<[string, Partial<TargetInput>]>([
  ['tokens has 1 elements, the run needs 2', { tokens: Int32Array.of(1) }],
  ['positions has 3 elements, the run needs 2', { positions: Int32Array.of(1, 2, 3) }],
  ['pastLengths has 0 elements, the run needs 1', { pastLengths: new Int32Array() }],
  ['keys has 0 elements, the run needs 1', { keys: [] }],
  ['values[0] has 5 elements, the run needs 6', { values: [new Float32Array(5)] }],
  ['newMask has 1 elements, the run needs 4', { newMask: new Float32Array(1) }],
  ['token 10 is outside 0 to 9', { tokens: Int32Array.of(1, 10) }],
  ['token -1 is outside 0 to 9', { tokens: Int32Array.of(1, -1) }],
  ['position 8 is outside 0 to 7', { positions: Int32Array.of(7, 8) }],
  ['past length 4 is outside 0 to 3', { pastLengths: Int32Array.of(4) }],
  ['logit row 2 is outside 0 to 1', { logitRows: Int32Array.of(2) }],
  ['lengths has 2 elements, the run needs 1', { lengths: Int32Array.of(1, 1) }],
  ['length 0 is outside 1 to 2', { lengths: Int32Array.of(0) }],
  ['length 3 is outside 1 to 2', { lengths: Int32Array.of(3) }],
  ['logit row 1 is padding', { lengths: Int32Array.of(1) }],
  ['no run of 0 × 2 on 3 rows', { batch: 0 }],
])('a run is refused when %s', (message, change) => {
  expect(() => checkInput({ ...fitting, ...change }, shape)).toThrow(new RangeError(message))
})
