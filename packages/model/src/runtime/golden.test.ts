import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { goldenFolder, goldenNames, readGolden } from '../testing/folders.ts'
import { argmaxRows, distance, Sequence } from '../testing/sequence.ts'
import { openTarget } from './open-target.ts'

/** float32 sums in another order; logits are of the order of 1 to 10. */
const tolerance = 1e-4

test.each(goldenNames)('%s gives the logits that transformers gives', async (name) => {
  await expectGolden(name, goldenFolder(name))
})

const reference = fileURLToPath(new URL('../../../reference-target/model', import.meta.url))
const referenceIsThere = existsSync(`${reference}/model.safetensors`) && existsSync(goldenFolder('reference'))

test.skipIf(!referenceIsThere)('the reference target gives the logits that transformers gives', async () => {
  await expectGolden('reference', reference)
})

async function expectGolden(name: string, folder: string): Promise<void> {
  const golden = await readGolden(name)
  const target = await openTarget(folder)
  const { vocabularySize } = target.shape
  const { logits } = await new Sequence(target, golden.tokens.length).extend(golden.tokens)
  const rows = golden.positions.map((at) => logits.subarray(at * vocabularySize, (at + 1) * vocabularySize))
  const same = Float32Array.from(rows.flatMap((row) => [...row]))
  expect(distance(same, golden.logits)).toBeLessThan(tolerance)
  expect(argmaxRows(same, vocabularySize)).toEqual(argmaxRows(golden.logits, vocabularySize))
  await target.close()
}
