import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDraft } from '@foretoken/drafting'
import { openTarget, targetFingerprint } from '@foretoken/model'
import { fromFloat32, toFloat32 } from '@foretoken/storage'
import { expect, onTestFinished, test } from 'vitest'
import { inputOf } from '../target-input.ts'
import { REFERENCE, writeWidened } from './folder.ts'
import { widen } from './widen.ts'

test('copies of a feed-forward unit add up to what it gave alone, and added layers give nothing', () => {
  const matrix = (rows: number, columns: number, from: number) =>
    fromFloat32(
      Float32Array.from({ length: rows * columns }, (_, at) => from + at),
      [rows, columns],
      'F16',
    )
  const tensors = new Map([
    ['model.norm.weight', matrix(1, 2, 5)],
    ['model.layers.0.mlp.up_proj.weight', matrix(3, 2, 1)],
    ['model.layers.0.mlp.down_proj.weight', matrix(2, 3, 10)],
  ])
  const wide = widen(tensors, 1, { copies: 2, layers: 2 })
  const values = (name: string) => {
    const tensor = wide[name]
    return tensor && [...toFloat32(tensor)]
  }
  expect(values('model.norm.weight')).toEqual([5, 6])
  expect(values('model.layers.1.mlp.up_proj.weight')).toEqual([1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6])
  expect(values('model.layers.0.mlp.down_proj.weight')).toEqual([5, 5.5, 6, 5, 5.5, 6, 6.5, 7, 7.5, 6.5, 7, 7.5])
  expect(wide['model.layers.1.mlp.down_proj.weight']?.shape).toEqual([2, 6])
  expect(values('model.layers.1.mlp.down_proj.weight')).toEqual(new Array(12).fill(0))
})

test.each(['fp32', 'int8'] as const)('a widened reference computes what the reference does, in %s', async (weights) => {
  const folder = await mkdtemp(join(tmpdir(), 'foretoken-widened-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const wide = await writeWidened({ folder, copies: 2, layers: 8, positionsMax: 1_024 })
  const logitsOf = async (path: string) => {
    const target = await openTarget(path, { weights })
    const { layers, positionsMax } = target.shape
    const { logits } = await target.run({ ...inputOf(target, 8, 0) })
    const copy = logits.slice()
    await target.close()
    return { layers, positionsMax, logits: copy }
  }
  const own = await logitsOf(REFERENCE.target)
  const widened = await logitsOf(wide.target)
  expect(widened).toMatchObject({ layers: 8, positionsMax: 1_024 })
  expect(wide.parameters).toBeGreaterThan(24e6)
  const scale = Math.hypot(...own.logits) / Math.sqrt(own.logits.length)
  const distance = own.logits.reduce((far, logit, at) => Math.max(far, Math.abs(logit - (widened.logits[at] ?? 0))), 0)
  expect(distance / scale).toBeLessThan(weights === 'fp32' ? 1e-4 : 0.05)
})

test('the draft that ships opens for a widened target and for no other', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'foretoken-widened-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const wide = await writeWidened({ folder, copies: 2, layers: 6 })
  const fingerprint = await targetFingerprint(wide.target)
  const draft = await readDraft(wide.draft, fingerprint)
  expect(draft.contentHash).toBe((await readDraft(REFERENCE.draft)).contentHash)
  await expect(readDraft(REFERENCE.draft, fingerprint)).rejects.toThrow('was trained for the target')
})
