import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { staticDraftFolder } from '@foretoken/static-draft'
import { expect, onTestFinished, test } from 'vitest'
import { resolveStaticDraft } from './static-draft.ts'

const missing = join(tmpdir(), 'no-such-draft')

test('a target gets the shipped draft that was trained for it; one that is not there is passed over', async () => {
  expect(await resolveStaticDraft(referenceTargetFolder, undefined)).toBe(staticDraftFolder)
  expect(await resolveStaticDraft(referenceTargetFolder, undefined, [missing, staticDraftFolder])).toBe(
    staticDraftFolder,
  )
  expect(await resolveStaticDraft(referenceTargetFolder, undefined, [missing])).toBeNull()
})

test('a draft that is asked for is taken, or refused by what is wrong with it', async () => {
  expect(await resolveStaticDraft(referenceTargetFolder, staticDraftFolder)).toBe(staticDraftFolder)
  await expect(resolveStaticDraft(referenceTargetFolder, missing)).rejects.toThrow('it has no draft.json')
  const folder = await mkdtemp(join(tmpdir(), 'foretoken-draft-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'draft.json'), '{"target":"another"}')
  await expect(resolveStaticDraft(referenceTargetFolder, folder)).rejects.toThrow('was trained for another target')
})
