import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { kernels } from '@foretoken/native'
import { expect, test } from 'vitest'
import { goldenFolder, goldenNames, readGolden } from '../testing/folders.ts'
import { argmaxRows, distance, Sequence } from '../testing/sequence.ts'
import { openTarget } from './open-target.ts'

/** float32 sums in another order; logits are of the order of 1 to 10. */
const tolerance = 1e-4

const runtimes = kernels ? (['native', 'onnx'] as const) : (['onnx'] as const)
const cases = goldenNames.flatMap((name) => runtimes.map((runtime) => ({ name, runtime })))

test.each(cases)('$name gives the logits that transformers gives, $runtime', async ({ name, runtime }) => {
  await expectGolden(name, goldenFolder(name), runtime)
})

const reference = fileURLToPath(new URL('../../../reference-target/model', import.meta.url))
const referenceIsThere = existsSync(`${reference}/model.safetensors`) && existsSync(goldenFolder('reference'))

test.skipIf(!referenceIsThere).each(runtimes)(
  'the reference target gives the logits that transformers gives, %s',
  async (runtime) => {
    await expectGolden('reference', reference, runtime)
  },
)

async function expectGolden(name: string, folder: string, runtime: 'native' | 'onnx'): Promise<void> {
  const golden = await readGolden(name)
  const target = await openTarget(folder, { runtime })
  const { vocabularySize } = target.shape
  const { logits } = await new Sequence(target, golden.tokens.length).extend(golden.tokens)
  const rows = golden.positions.map((at) => logits.subarray(at * vocabularySize, (at + 1) * vocabularySize))
  const same = Float32Array.from(rows.flatMap((row) => [...row]))
  expect(distance(same, golden.logits)).toBeLessThan(tolerance)
  expect(argmaxRows(same, vocabularySize)).toEqual(argmaxRows(golden.logits, vocabularySize))
  await target.close()
}
