import { expect, test } from 'vitest'
import type { Shape, Value } from '../../ir.ts'
import { type Build, gradientError, irregular } from '../../testing/difference.ts'
import { type Feed, integers } from '../../testing/run.ts'

const cube = (shape: Shape) => irregular([2, 3, 4], 1, { shape })
const symbolic = cube(['batch', 'length', 4])
const second = (parts: readonly Value[]) => parts.slice(1, 2)

const cases: [string, Feed[], Build][] = [
  ['reshape', [symbolic], (g, x) => g.reshape(x, ['batch*length', 4])],
  ['reshape that splits', [cube(['batch', 3, 4])], (g, x) => g.reshape(x, ['batch', 3, 2, 2])],
  ['transpose', [symbolic], (g, x) => g.transpose(x, [2, 0, 1])],
  ['unsqueeze', [symbolic], (g, x) => g.unsqueeze(x, [0, 2])],
  ['squeeze', [irregular([1, 3, 1], 1, { shape: [1, 'rows', 1] })], (g, x) => g.squeeze(x, [2, 0])],
  ['squeeze from the end', [irregular([3, 1], 1)], (g, x) => g.squeeze(x, [-1])],
  [
    'expandLike',
    [irregular([3, 1], 1, { shape: ['length', 1] }), symbolic],
    (g, x, y) => [g.expandLike(x, g.slice(y, 0, 2)), y],
  ],
  ['concat', [irregular([2, 1], 1), irregular([2, 3], 2)], (g, x, y) => g.concat([x, y, x], 1)],
  [
    'concat of symbolic sizes',
    [irregular([2, 3], 1, { shape: ['past', 3] }), irregular([1, 3], 2, { shape: ['new', 3] })],
    (g, x, y) => g.concat([x, y], 0),
  ],
  ['split, each part used', [symbolic], (g, x) => g.split(x, [1, 3])],
  ['split, one part used', [symbolic], (g, x) => second(g.split(x, [1, 2, 1]))],
  [
    'split by sizes of the run',
    [irregular([3, 2], 1, { shape: ['(new+past)', 2] }), integers([2], [1, 2])],
    (g, x, sizes) => second(g.splitBy(x, sizes, ['past', 'new'], 0)),
  ],
  ['slice', [symbolic], (g, x) => g.slice(x, 1, -1)],
  ['slice of a middle axis', [cube(['batch', 3, 4])], (g, x) => g.slice(x, 1, 2, 1)],
  ['pad', [cube(['batch', 3, 4])], (g, x) => g.pad(x, 2, 1, 1)],
  ['reshapeLike', [symbolic], (g, x) => g.reshapeLike(g.reshape(x, ['batch*length', 4]), x)],
]

test.each(cases)('%s: the gradient goes back to where the elements came from', async (_, feeds, build) => {
  expect(await gradientError(feeds, build)).toBeLessThan(1e-6)
})
