import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toHalf } from '@foretoken/storage'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { DRAFT_CONFIG_FILE, DRAFT_WEIGHTS_FILE, decodeDraft, encodeDraft, readDraft } from './artifact.ts'
import { RecurrentDraft } from './recurrent-draft.ts'
import { adapterParameters, type DraftShape, draftParameters } from './shape.ts'
import { DraftError, decodeParameters, encodeParameters, type Parameters } from './tensors.ts'
import { artifactOf, randomAdapter, randomDraft, randomParameters, randomTables } from './testing/random-draft.ts'
import { DraftVocabulary } from './vocabulary.ts'

const shape: DraftShape = {
  hiddenSize: 6,
  stateSize: 4,
  vocabularySize: 5,
  markovRank: 2,
  pointer: { rank: 2, window: 8 },
  adapter: { rank: 2, hotSize: 3, markovRank: 1 },
}
const contents = {
  target: 'a target',
  shape,
  parameters: randomParameters(1, draftParameters(shape)),
  tokens: Int32Array.of(4, 0, 9, 2, 7),
  acceptance: [0.8, 0.5],
}

const halves = (values: Parameters) => [...values].map(([name, data]) => [name, toHalf(data)])
const configWith = (changes: object) => {
  const files = encodeDraft(contents)
  const config = JSON.parse(new TextDecoder().decode(files[DRAFT_CONFIG_FILE]))
  return { ...files, [DRAFT_CONFIG_FILE]: new TextEncoder().encode(JSON.stringify({ ...config, ...changes })) }
}

describe('parameters', () => {
  it('come back as they were, to the half, for drafts and for adapters', () => {
    const tables = [draftParameters(shape), adapterParameters(shape)]
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(...tables), fc.array(fc.nat(99)), (seed, table, ids) => {
        const values = randomParameters(seed, table, 10)
        const decoded = decodeParameters(encodeParameters(table, values, Int32Array.from(ids)), table)
        expect(halves(decoded.values)).toEqual(halves(values))
        expect([...decoded.tokens]).toEqual(ids)
        expect(encodeParameters(table, decoded.values, decoded.tokens)).toEqual(
          encodeParameters(table, values, Int32Array.from(ids)),
        )
      }),
      { numRuns: 30 },
    )
  })

  it('are not written while one is missing', () => {
    const values = new Map([...contents.parameters].filter(([name]) => name !== 'query'))
    expect(() => encodeDraft({ ...contents, parameters: values })).toThrow(new DraftError('parameter query is missing'))
  })
})

describe('a draft', () => {
  it('comes back as it was, and is named by its weights', () => {
    const draft = decodeDraft(encodeDraft(contents))
    const { target, tokens, acceptance } = draft
    expect({ target, shape: draft.shape, tokens, acceptance }).toEqual({
      target: contents.target,
      shape,
      tokens: contents.tokens,
      acceptance: contents.acceptance,
    })
    expect(halves(draft.parameters)).toEqual(halves(contents.parameters))
    expect(draft.id).toBe(`static-${draft.contentHash.slice(0, 12)}`)
    expect(decodeDraft(encodeDraft({ ...contents, acceptance: [] })).id).toBe(draft.id)
    expect(decodeDraft(encodeDraft({ ...contents, tokens: Int32Array.of(4, 0, 9, 2, 8) })).id).not.toBe(draft.id)
  })

  it('runs in the precision that it names, and in 8 bits where it names none', async () => {
    const precise = decodeDraft(encodeDraft({ ...contents, precision: 'fp32' }))
    expect(precise).toEqual({ ...decodeDraft(encodeDraft(contents)), precision: 'fp32' })
    const opened = async (draft: typeof precise) => {
      const running = await RecurrentDraft.open(draft, randomTables(1, 10, shape.hiddenSize))
      await running.close()
      return running.base.parts.weights
    }
    expect(await opened(precise)).toBe('fp32')
    expect(await opened(decodeDraft(encodeDraft(contents)))).toBe('int8')
  })

  it('is read from its folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'foretoken-draft-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    await expect(readDraft(folder)).rejects.toThrow(`${DRAFT_WEIGHTS_FILE} is missing`)
    const files = encodeDraft(contents)
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes)
    expect(await readDraft(folder)).toEqual(decodeDraft(files))
  })

  it.each([
    ['draft.json is missing', { [DRAFT_WEIGHTS_FILE]: new Uint8Array() }],
    ['draft.json is not JSON', { ...encodeDraft(contents), [DRAFT_CONFIG_FILE]: new Uint8Array(3) }],
    ['draft.json is not understood', configWith({ format: 'another/1' })],
    ['draft.json is not understood', configWith({ unknown: 1 })],
    ['draft.json is not understood', configWith({ acceptance: [1.5] })],
    ['draft.json is not understood', configWith({ shape: { ...shape, stateSize: 0 } })],
    ['parameter state_in is [6, 4], expected [6, 3]', configWith({ shape: { ...shape, stateSize: 3 } })],
    ['the vocabulary is not of the size it says', encodeDraft({ ...contents, tokens: Int32Array.of(4, 0, 9) })],
  ])('is refused: %s', (reason, files) => {
    expect(() => decodeDraft(files)).toThrow(DraftError)
    expect(() => decodeDraft(files)).toThrow(reason)
  })

  it('cut or damaged anywhere is whole or refused, and nothing else', () => {
    const files = encodeDraft(contents)
    const whole = files[DRAFT_WEIGHTS_FILE] ?? new Uint8Array()
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(whole.length - 1), fc.nat(255), (cut, at, to) => {
        expect(() => decodeDraft({ ...files, [DRAFT_WEIGHTS_FILE]: whole.subarray(0, cut) })).toThrow(DraftError)
        const damaged = whole.slice()
        damaged[at] = to
        try {
          decodeDraft({ ...files, [DRAFT_WEIGHTS_FILE]: damaged })
        } catch (error) {
          expect(error).toBeInstanceOf(DraftError)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('is not opened on a target that it does not fit', async () => {
    const draft = randomDraft(1, shape)
    await expect(RecurrentDraft.open(draft, randomTables(1, 8, 6))).rejects.toThrow('token 8 is not in the target')
    await expect(RecurrentDraft.open(draft, randomTables(1, 9, 12))).rejects.toThrow('of width 6')
    const twice = { ...artifactOf(shape, contents.parameters), tokens: Int32Array.of(1, 2, 3, 2, 4) }
    await expect(RecurrentDraft.open(twice, randomTables(1, 9, 6))).rejects.toThrow('token 2 is listed twice')
  })
})

describe('a vocabulary', () => {
  it('knows its tokens by place, and any other by the place asked for', () => {
    const vocabulary = new DraftVocabulary(Int32Array.of(5, 1, 3), 6).with(Int32Array.of(0))
    expect([5, 1, 3, 0, 2, 4, 6, -1].map((id) => vocabulary.placeOf(id, 9))).toEqual([0, 1, 2, 3, 9, 9, 9, 9])
    expect([...vocabulary.ids]).toEqual([5, 1, 3, 0])
  })

  it('may be as large as any target', () => {
    const ids = Int32Array.from({ length: 300_000 }, (_, id) => id)
    expect(new DraftVocabulary(ids, 300_001).with(Int32Array.of(300_000)).size).toBe(300_001)
  })

  it('is unchanged by the hot-list of an adapter', async () => {
    const draft = await RecurrentDraft.open(randomDraft(1, shape), randomTables(1, 20, 6), { weights: 'fp32' })
    const adapter = await draft.prepareAdapter('adp_1', randomAdapter(1, shape))
    expect([...draft.base.vocabulary.ids]).toEqual([0, 2, 4, 6, 8])
    expect([...adapter.vocabulary.ids]).toEqual([0, 2, 4, 6, 8, 1, 3, 5])
    await draft.close()
  })
})
