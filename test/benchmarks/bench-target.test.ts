import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { chooseTarget } from './bench-target.ts'
import { commandOf, resultName } from './report.ts'
import { REFERENCE } from './widened/folder.ts'

test('the reference is played unless another target is chosen', async () => {
  expect(await chooseTarget({ quick: true })).toMatchObject({
    name: 'reference',
    folders: REFERENCE,
    precisions: ['fp32', 'int8'],
    isReference: true,
  })
})

test('any folder can be played with a draft of its own, in the precision that is asked for', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-target-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const chosen = () => chooseTarget({ quick: false, target: folder, draft: folder, weights: 'int8' })
  await expect(chosen()).rejects.toThrow('There is no static draft in')
  await writeFile(join(folder, 'draft.json'), '{}')
  expect(await chosen()).toMatchObject({ folders: { target: folder, draft: folder }, precisions: ['int8'] })
  await expect(chooseTarget({ quick: false, target: folder })).rejects.toThrow('with --draft FOLDER')
  await expect(chooseTarget({ quick: false, weights: 'int2' })).rejects.toThrow('the suites measure fp32 and int8')
})

test('results are named by target, and no path of a machine is kept with them', () => {
  const command = { quick: false, target: '/models/mine', draft: '/drafts/own', weights: 'int8' }
  expect(resultName('regime', command)).toBe('regime-mine')
  expect(resultName('regime', {})).toBe('regime')
  expect(commandOf('regime', command)).toBe('npm run bench -- regime --target mine --draft own --weights int8')
})
