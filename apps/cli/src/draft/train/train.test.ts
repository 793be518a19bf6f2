import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RecurrentDraft, readDraft } from '@foretoken/drafting'
import { targetFingerprint } from '@foretoken/model'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TrainOptions } from './options.ts'
import { trainDraft } from './train-draft.ts'
import type { TrainStatus } from './view.ts'

const root = mkdtempSync(join(tmpdir(), 'foretoken-train-'))
const files = { orders: join(root, 'orders.jsonl'), shell: join(root, 'shell.jsonl') }
beforeAll(() => {
  const lines = (of: (n: number) => object) => Array.from({ length: 20 }, (_, n) => JSON.stringify(of(n))).join('\n')
  writeFileSync(
    files.orders,
    lines((n) => ({ messages: [{ role: 'user', content: `Where is order ${n}?` }] })),
  )
  writeFileSync(
    files.shell,
    lines((n) => ({ domain: 'ignored', prompt: `list files larger than ${n} MB` })),
  )
})
afterAll(() => rmSync(root, { recursive: true }))

/** A run so small that it takes a second; its output is a folder of its own. */
function options(name: string, changes: Partial<TrainOptions> = {}): TrainOptions {
  return {
    ...{ prompts: Object.values(files), output: join(root, name, 'draft'), work: join(root, name, 'work') },
    ...{ dataDir: join(root, 'data'), force: false, restart: false, json: false },
    ...{ completionTokens: 12, sampledShare: 0.1, steps: 8, batch: 16, learningRate: 3e-3 },
    ...{ vocabulary: 64, state: 16, seed: 1, threads: 1 },
    ...changes,
  }
}

/** Runs it until `stopAt` says so; what was shown by then. */
async function run(of: TrainOptions, stopAt: (status: TrainStatus) => boolean = () => false) {
  const controller = new AbortController()
  const shown: TrainStatus[] = []
  const show = (status: TrainStatus) => {
    shown.push(status)
    if (stopAt(status)) controller.abort(new Error('enough'))
  }
  const outcome = await trainDraft(of, { signal: controller.signal, view: { show } }).catch((error: unknown) => error)
  return { outcome, shown }
}

const contents = (folder: string) => readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))])
const weights = (name: string) => readFileSync(join(root, name, 'draft', 'draft.safetensors'))

describe('foretoken draft train', () => {
  it('writes a draft that drafts for the target, with a card that holds its figures', async () => {
    const { outcome, shown } = await run(options('unbroken'))
    const folder = join(root, 'unbroken', 'draft')
    expect(outcome).toMatchObject({ folder, id: expect.stringMatching(/^static-[0-9a-f]{12}$/) })
    const artifact = await readDraft(folder, await targetFingerprint(referenceTargetFolder))
    const draft = await RecurrentDraft.open(artifact, referenceTargetFolder)
    const hidden = new Float32Array(artifact.shape.hiddenSize).fill(0.5)
    const [chain] = await draft.draft([{ hidden, context: draft.contextOf(artifact.tokens.slice(0, 1)) }], 4)
    await draft.close()
    expect(chain?.tokens.every((token) => artifact.tokens.includes(token))).toBe(true)
    expect(chain?.confidence).toHaveLength(4)

    const card = readFileSync(join(folder, 'README.md'), 'utf8')
    for (const told of [artifact.id, artifact.target, artifact.contentHash, '| orders | 18 |', '| shell | 18 |']) {
      expect(card).toContain(told)
    }
    expect(card).toContain('--prompts orders.jsonl shell.jsonl')
    expect(card).not.toContain(root)
    expect([...new Set(shown.map(({ phase }) => phase))]).toEqual(['generate', 'train', 'evaluate'])
    expect(readdirSync(join(root, 'unbroken', 'work'))).not.toContain('checkpoint.safetensors')
  })

  it('stopped while it answers and again while it trains, goes on to the same weights, to the bit', async () => {
    const answering = await run(options('broken'), ({ phase, done }) => phase === 'generate' && done > 34)
    expect(answering.outcome).toEqual(new Error('enough'))
    const training = await run(options('broken'), ({ phase, done }) => phase === 'train' && done === 3)
    expect(training.outcome).toEqual(new Error('enough'))
    // The first segment's answers were there already, and are shown at once.
    expect(training.shown[0]).toMatchObject({ phase: 'generate', done: 16 })

    const other = await run(options('broken', { steps: 9, seed: 2 }))
    expect(other.outcome).toMatchObject({
      name: 'CliError',
      message: expect.stringMatching(/after 3 steps.*steps, seed/),
    })
    const fewer = await run(options('broken', { promptsMax: 19 }))
    expect(fewer.outcome).toMatchObject({ name: 'CliError', message: expect.stringContaining('another prompts') })

    const { outcome, shown } = await run(options('broken'))
    expect(outcome).toMatchObject({ id: expect.any(String) })
    expect(shown.find(({ phase }) => phase === 'train')).toMatchObject({ done: 4 })
    expect(weights('broken')).toEqual(weights('unbroken'))
    expect(contents(join(root, 'broken', 'draft'))).toEqual(contents(join(root, 'unbroken', 'draft')))
  })

  it('takes answers that are there for what they are: those of other options are written anew', async () => {
    const work = join(root, 'broken', 'work')
    const first = async (changes: Partial<TrainOptions>) => {
      const { shown } = await run(options('again', { work, ...changes }), () => true)
      return shown[0]?.done
    }
    expect(await first({})).toBe(16)
    expect(await first({ promptsMax: 15 })).toBe(15)
    expect(await first({ completionTokens: 11 })).toBeLessThan(15)
    expect(await first({ sampledShare: 0.2 })).toBeLessThan(15)
  })

  it('--restart drops what was interrupted', async () => {
    const work = join(root, 'broken', 'work')
    await run(options('restarted', { work }), ({ phase, done }) => phase === 'train' && done === 2)
    const { shown } = await run(options('restarted', { work, restart: true, steps: 2 }))
    expect(shown.find(({ phase }) => phase === 'train')).toMatchObject({ done: 1, total: 2 })
  })

  it.each([
    ['is not JSON', 'no', /bad\.jsonl:2 is not JSON/],
    ['has no prompt', '{"question": "?"}', /bad\.jsonl:2 has neither "prompt" nor "messages"/],
  ])('says which line %s', async (_, line, message) => {
    const bad = join(root, 'bad.jsonl')
    writeFileSync(bad, `{"prompt": "a"}\n${line}\n`)
    const { outcome } = await run(options('bad', { prompts: [bad] }))
    expect(outcome).toMatchObject({ name: 'CliError', message: expect.stringMatching(message) })
  })

  it('refuses prompts that are none, that can not be told apart, or that are too few', async () => {
    const twin = join(root, 'twin', 'shell.jsonl')
    const one = join(root, 'one.jsonl')
    mkdirSync(join(root, 'twin'))
    writeFileSync(twin, '')
    writeFileSync(one, '{"prompt": "a"}')
    const refusal = async (...prompts: string[]) => (await run(options('refused', { prompts }))).outcome
    expect(await refusal(twin)).toMatchObject({ message: expect.stringContaining('holds no prompts') })
    expect(await refusal(files.shell, twin)).toMatchObject({ message: expect.stringContaining('two files are named') })
    expect(await refusal(join(root, 'none.jsonl'))).toMatchObject({ message: expect.stringContaining("can't be read") })
    expect(await refusal(join(root, 'a b.jsonl'))).toMatchObject({ message: expect.stringContaining('may only have') })
    expect(await refusal(one)).toMatchObject({ name: 'CliError', message: expect.stringContaining('too few prompts') })
  })

  it('never replaces another thing than a draft, and with --force nothing but a draft', async () => {
    const output = join(root, 'taken')
    mkdirSync(output)
    writeFileSync(join(output, 'thesis.txt'), 'x')
    const refused = await run(options('unbroken', { output }))
    expect(refused.outcome).toMatchObject({ name: 'CliError', message: expect.stringContaining('thesis.txt') })
    await run(options('unbroken', { output, force: true }))
    expect(readdirSync(output).sort()).toEqual(['README.md', 'draft.json', 'draft.safetensors', 'thesis.txt'])
    await run(options('unbroken', { steps: 1 }))
    expect(weights('unbroken')).not.toEqual(weights('broken'))
  })
})
