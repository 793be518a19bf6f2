import { spawn } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readDraft } from '@foretoken/drafting'
import { targetFingerprint } from '@foretoken/model'
import { goldenFolder } from '@foretoken/model/testing/folders'
import { tinyGgufFile } from '@foretoken/model/testing/tiny-gguf'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dataFolder } from '../../data-folder/folder.ts'
import type { TrainStatus } from '../../draft/train/view.ts'
import { draftFolders, resolveStaticDraft } from '../../platform/static-draft.ts'
import { resolveModel } from '../resolve.ts'
import type { BringUpCommandOptions } from './options.ts'
import { type BringUpSummary, bringUpTarget } from './run.ts'

const root = mkdtempSync(join(tmpdir(), 'foretoken-bring-up-'))
const tiny = goldenFolder('qwen3')
const prompts = ['orders', 'shell'].map((name) => join(root, `${name}.jsonl`))
beforeAll(() => {
  for (const file of prompts) {
    const lines = Array.from({ length: 24 }, (_, n) => JSON.stringify({ prompt: `number ${n}, please` }))
    writeFileSync(file, lines.join('\n'))
  }
})
afterAll(() => rmSync(root, { recursive: true }))

/**
 * A search that takes seconds however long it might, since there is little to answer and nothing is learned from more
 * than a few times; in a data folder of its own.
 */
function options(data: string, changes: Partial<BringUpCommandOptions> = {}): BringUpCommandOptions {
  return {
    ...{ name: 'tiny', prompts, dataDir: join(root, data), restart: false, json: false },
    ...{ weights: ['fp32', 'int8'], budget: 10, completionTokens: 12, sampledShare: 0.3 },
    ...{ batch: 64, learningRate: 3e-3, seed: 1, threads: 1 },
    shapes: [
      { state: 16, vocabulary: 64, chain: 3 },
      { state: 24, vocabulary: 64, chain: 3 },
      { state: 16, vocabulary: 32, chain: 4 },
    ],
    ...changes,
  }
}

interface Ran {
  readonly outcome: unknown
  readonly shown: readonly TrainStatus[]
}

/** Runs it until `stopAt` says so; what was shown by then. */
async function run(
  of: BringUpCommandOptions,
  changes: { path?: string; stopAt?: (status: TrainStatus) => boolean; clock?: () => number } = {},
): Promise<Ran> {
  const { path = tiny, stopAt = () => false, clock = () => performance.now() } = changes
  const controller = new AbortController()
  const shown: TrainStatus[] = []
  const show = (status: TrainStatus) => {
    shown.push(status)
    if (stopAt(status)) controller.abort(new Error('enough'))
  }
  const around = { signal: controller.signal, view: { show }, onModel: () => {}, clock }
  return { outcome: await bringUpTarget(path, of, around).catch((error: unknown) => error), shown }
}

function summaryOf({ outcome }: Ran): BringUpSummary {
  if (outcome instanceof Error) throw outcome
  return outcome as BringUpSummary
}

/** What was trained, and up to which step. */
const trained = ({ shown }: Ran) =>
  shown.flatMap(({ phase, what, done, total }) => (phase === 'train' && done === total ? [`${what}: ${done}`] : []))
const phases = ({ shown }: Ran) => [...new Set(shown.map(({ phase }) => phase))]

describe('foretoken target bring-up', () => {
  it('imports a model, finds it a draft that `up` serves with, and writes down what was tried', async () => {
    const ran = await run(options('first'))
    const summary = summaryOf(ran)
    const data = dataFolder(join(root, 'first'))
    const model = await resolveModel(data, 'tiny')
    expect(summary).toMatchObject({ name: 'tiny', folder: model.folder, kept: false, again: false })
    expect(await resolveStaticDraft({ folder: model.folder, drafts: draftFolders(data, model) })).toBe(
      summary.draft.folder,
    )
    const draft = await readDraft(summary.draft.folder, await targetFingerprint(tiny))
    expect(draft).toMatchObject({ id: summary.draft.id, shape: { hiddenSize: 64 } })

    expect(phases(ran)).toEqual(['measure', 'generate', 'train', 'judge', 'evaluate'])
    // Three in the first round, the better two in the second, twice as far.
    expect(trained(ran)).toHaveLength(5)
    const card = readFileSync(summary.card, 'utf8')
    const told = [
      '16x64x3',
      '24x64x3',
      '16x32x4',
      draft.contentHash,
      summary.verdict,
      '--weights fp32,int8',
      'in int8, ms',
    ]
    for (const each of [...told, '| vocabulary | 320 |', 'orders.jsonl shell.jsonl']) expect(card).toContain(each)
    expect(card).not.toContain(root)
    expect(summary.report).toMatchObject({ overRunnerUp: { gain: expect.any(Number) }, overIncumbent: null })
  })

  it('given again is an answer at once, and the same', async () => {
    const first = options('first')
    const again = await run(first)
    expect(again.shown).toEqual([])
    expect(summaryOf(again)).toMatchObject({ again: true })
    rmSync(summaryOf(again).draft.folder, { recursive: true })
    // Without its draft it is trained again, from what was decided before.
    const mended = await run(first)
    expect(phases(mended)).not.toContain('measure')
    expect(summaryOf(mended).draft.id).toBe(summaryOf(again).draft.id)
  })

  it('ends when its time is up, with what there is by then', async () => {
    let now = 0
    const clock = () => {
      now += 60_000
      return now
    }
    const ran = await run(options('short', { prompts: prompts.map(longer), budget: 0.01 }), { clock })
    // Four segments of sixteen are answered, and a first look at each shape takes four steps.
    expect(ran.shown.findLast(({ phase }) => phase === 'generate')).toMatchObject({ done: 64, total: 96 })
    expect(trained(ran).map((each) => each.replace(/.*: /, ''))).toEqual(['4', '4', '4', '8', '8'])
    expect(summaryOf(ran).kept).toBe(false)
  })

  it('stopped while it answers, trains and judges, goes on where it was', async () => {
    const of = options('stopped')
    const answering = await run(of, { stopAt: ({ phase, done }) => phase === 'generate' && done > 44 })
    expect(answering.outcome).toEqual(new Error('enough'))
    const training = await run(of, { stopAt: ({ phase, what, done }) => phase === 'train' && is24(what) && done === 2 })
    expect(training.outcome).toEqual(new Error('enough'))
    expect(training.shown.find(({ phase }) => phase === 'generate')?.done).toBeGreaterThanOrEqual(16)
    expect(training.shown[0]?.phase).toBe('generate')
    const judging = await run(of, { stopAt: ({ phase, what }) => phase === 'judge' && is24(what) })
    expect(judging.outcome).toEqual(new Error('enough'))
    expect(judging.shown.find(({ phase }) => phase === 'train')).toMatchObject({ done: 3 })

    const ended = await run(of)
    expect(summaryOf(ended).name).toBe('tiny')
    const all = [training, judging, ended].flatMap(trained)
    expect(new Set(all).size).toBe(all.length) // nothing was trained twice
    expect(all).toHaveLength(5)
  })

  it('killed in the middle of training goes on with what it had', async () => {
    const of = options('killed')
    await killedWhen('24x64x3, round 1', of)
    const ran = await run(of)
    expect(summaryOf(ran)).toMatchObject({ name: 'tiny', again: false })
    expect(phases(ran)).not.toContain('measure')
    expect(trained(ran).filter((each) => each.startsWith('16x64x3, round 1'))).toEqual([])
  })

  it('never replaces a draft by a worse one, which it keeps for comparison', async () => {
    const before = summaryOf(await run(options('first')))
    const worse = summaryOf(await run(options('first', { shapes: [{ state: 1, vocabulary: 1, chain: 2 }] })))
    expect(worse.kept).toBe(true)
    expect(worse.verdict).toContain(`${before.draft.id} is better and goes on serving`)
    expect(worse.draft.folder).not.toBe(before.draft.folder)
    expect(existsSync(worse.card)).toBe(true)
    expect((await readDraft(before.draft.folder)).id).toBe(before.draft.id)
  })

  it('refuses another model under the same name, and knows a GGUF file again', async () => {
    const refusal = async (path: string, changes: Partial<BringUpCommandOptions> = {}) =>
      (await run(options('first', changes), { path })).outcome
    expect(await refusal(goldenFolder('llama3'))).toMatchObject({
      name: 'CliError',
      message: expect.stringMatching(/"tiny" already that is not this one.*target bring-up tiny/),
    })
    expect(await refusal(join(root, 'nowhere'), { name: 'new' })).toMatchObject({
      message: expect.stringContaining('is not a model'),
    })
    const file = await tinyGgufFile({}, 'small.gguf')
    const copy = join(root, 'small.gguf')
    copyFileSync(file, copy)
    const { name, ...unnamed } = options('gguf', { weights: ['fp32'], prompts: [join(root, 'words.jsonl')] })
    writeFileSync(join(root, 'words.jsonl'), '{"prompt": "abc"}\n{"prompt": "cab"}')
    const first = await run(unnamed, { path: copy, stopAt: () => true })
    expect(first.outcome).toEqual(new Error('enough'))
    expect((await run(unnamed, { path: copy, stopAt: () => true })).outcome).toEqual(new Error('enough'))
    writeFileSync(
      copy,
      readFileSync(await tinyGgufFile({ metadata: { 'llama.context_length': { type: 'uint32', value: 32 } } })),
    )
    expect((await run(unnamed, { path: copy })).outcome).toMatchObject({
      message: expect.stringContaining('"small" already'),
    })
    expect(readdirSync(dataFolder(join(root, 'gguf')).models)).toEqual(['small'])
  })

  it('says what is wrong with prompts, and what lies where its draft would', async () => {
    const taken = join(root, 'taken', 'drafts', 'tiny')
    mkdirSync(taken, { recursive: true })
    writeFileSync(join(taken, 'thesis.txt'), 'x')
    expect((await run(options('taken'))).outcome).toMatchObject({
      name: 'CliError',
      message: expect.stringMatching(/thesis\.txt.*choose another --name/),
    })
    const few = join(root, 'few.jsonl')
    writeFileSync(few, '{"prompt": "a"}')
    expect((await run(options('first', { prompts: [few] }))).outcome).toMatchObject({
      name: 'CliError',
      message: expect.stringContaining('too few prompts'),
    })
  })
})

/** A file with twice the prompts of another. */
function longer(file: string): string {
  const path = file.replace('.jsonl', '-twice.jsonl')
  writeFileSync(path, `${readFileSync(file, 'utf8')}\n${readFileSync(file, 'utf8')}`)
  return path
}

const is24 = (what: string | undefined) => what?.startsWith('24x64x3') ?? false

/** The command in a process of its own, killed as soon as it says this. */
async function killedWhen(text: string, of: BringUpCommandOptions): Promise<void> {
  const command = fileURLToPath(new URL('../../../bin/foretoken.js', import.meta.url))
  const given = [
    ...['--name', 'tiny', '--prompts', ...prompts, '--weights', of.weights.join(','), '--budget', String(of.budget)],
    ...[
      '--shapes',
      (of.shapes ?? []).map(({ state, vocabulary, chain }) => `${state}x${vocabulary}x${chain}`).join(','),
    ],
    ...['--completion-tokens', String(of.completionTokens), '--batch', String(of.batch), '--threads', '1'],
    ...['--data-dir', of.dataDir],
  ]
  const child = spawn(process.execPath, [command, 'target', 'bring-up', tiny, ...given], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
    if (said.includes(text)) child.kill('SIGKILL')
  })
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (!said.includes(text)) throw new Error(`it ended (${code}) before it said "${text}": ${said}`)
}
