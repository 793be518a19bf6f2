import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { targetForm } from '@foretoken/model'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { staticDraftFolder } from '@foretoken/static-draft'
import { expect, onTestFinished, test } from 'vitest'
import { resolveStaticDraft } from './static-draft.ts'

const missing = join(tmpdir(), 'no-such-draft')

async function draftFor(card: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'foretoken-draft-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'draft.json'), JSON.stringify(card))
  return folder
}

const reference = { folder: referenceTargetFolder }

test('a target gets the shipped draft that was trained for it; one that is not there is passed over', async () => {
  const found = (...drafts: string[]) => resolveStaticDraft({ ...reference, drafts })
  expect(await resolveStaticDraft(reference)).toBe(staticDraftFolder)
  expect(await found(missing, staticDraftFolder)).toBe(staticDraftFolder)
  expect(await found(missing)).toBeNull()
})

test('a draft of other weights of the same form is taken over where there is none of its own', async () => {
  const form = await targetForm(referenceTargetFolder)
  const [near, far] = [await draftFor({ target: 'before', form }), await draftFor({ target: 'before', form: 'other' })]
  const found = (...drafts: string[]) => resolveStaticDraft({ ...reference, drafts })
  expect(await found(far, near)).toBe(near)
  expect(await found(near, staticDraftFolder)).toBe(staticDraftFolder)
  await expect(resolveStaticDraft(reference, far)).rejects.toThrow('was trained for another target')
})

test('a draft that is asked for is taken, or refused by what is wrong with it', async () => {
  expect(await resolveStaticDraft(reference, staticDraftFolder)).toBe(staticDraftFolder)
  await expect(resolveStaticDraft(reference, missing)).rejects.toThrow('it has no draft.json')
  const folder = await draftFor({ target: 'another' })
  await expect(resolveStaticDraft(reference, folder)).rejects.toThrow('was trained for another target')
})
