import { cpSync, mkdtempSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DRAFT_WEIGHTS_FILE } from '@foretoken/drafting'
import { targetFingerprint, targetForm } from '@foretoken/model'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { staticDraftFolder } from '@foretoken/static-draft'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStaticDraft } from './static-draft.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foretoken-static-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const reference = async () => ({
  fingerprint: await targetFingerprint(referenceTargetFolder),
  form: await targetForm(referenceTargetFolder),
})

describe('the static draft of a worker', () => {
  it('is the one that ships with the reference target', async () => {
    const draft = await openStaticDraft(staticDraftFolder, referenceTargetFolder, await reference())
    const hidden = new Float32Array(draft.artifact.shape.hiddenSize)
    const [chain] = await draft.draft([{ hidden, context: draft.contextOf([1]) }], 3)
    expect(chain?.tokens).toHaveLength(3)
    await draft.close()
  })

  it('is taken over from other weights of the same form', async () => {
    const target = { ...(await reference()), fingerprint: 'after more training' }
    const draft = await openStaticDraft(staticDraftFolder, referenceTargetFolder, target)
    expect(draft.artifact.target).not.toBe(target.fingerprint)
    await draft.close()
  })

  it('is refused in words where it is none, damaged, or was trained for a target of another form', async () => {
    const { fingerprint: target } = await reference()
    const open = (fingerprint: string, form = 'another') =>
      openStaticDraft(folder, referenceTargetFolder, { fingerprint, form })
    await expect(open(target)).rejects.toThrow(
      `The static draft in ${folder} can't be used: draft.safetensors is missing`,
    )
    cpSync(staticDraftFolder, folder, { recursive: true })
    await expect(open('f00d')).rejects.toThrow(`it was trained for the target ${target.slice(0, 12)}…, not for f00d`)
    truncateSync(join(folder, DRAFT_WEIGHTS_FILE), 1_000_000)
    await expect(open(target)).rejects.toThrow("can't be used")
  })
})
