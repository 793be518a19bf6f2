import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { readDraft } from '@foretoken/drafting'
import { openTarget, type Target, Tokenizer, targetFingerprint } from '@foretoken/model'
import { smollm2DraftFolder } from '@foretoken/smollm2'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { smollm2ForTests } from './smollm2-folder.ts'
import { llamaTokenizer, TEXTS } from './tokenize.ts'

const files = await smollm2ForTests()
const { folder, gguf } = files ?? { folder: '', gguf: '' }

const row = z.object({
  position: z.int(),
  top: z.array(z.tuple([z.int(), z.number()])),
  probes: z.array(z.number()),
})
const ids = z.array(z.int())
const goldenSchema = z.object({
  probes: ids,
  prompts: z.record(
    z.string(),
    z.object({ tokens: ids, continuation: ids, margin: z.number(), rows: z.array(row).nonempty() }),
  ),
})
const golden = goldenSchema.parse(
  JSON.parse(await readFile(new URL('../../packages/smollm2/golden/golden.json', import.meta.url), 'utf8')),
)

/** Logits at every place of a text, by position. */
async function logitsOf(target: Target, tokens: readonly number[]): Promise<Float32Array[]> {
  const { layers, vocabularySize } = target.shape
  const none = Array.from({ length: layers }, () => new Float32Array())
  const { logits } = await target.run({
    batch: 1,
    length: tokens.length,
    capacity: 0,
    tokens: Int32Array.from(tokens),
    positions: Int32Array.from(tokens.keys()),
    pastLengths: Int32Array.of(0),
    keys: none,
    values: none,
    logitRows: Int32Array.from(tokens.keys()),
  })
  return tokens.map((_, at) => logits.slice(at * vocabularySize, (at + 1) * vocabularySize))
}

const argmax = (logits: Float32Array | undefined) =>
  logits?.reduce((best, logit, id) => (logit > (logits[best] ?? 0) ? id : best), 0)

/** What the independent implementation and ours make of the same file. */
async function compare(weights: 'fp32' | 'int8') {
  const target = await openTarget(folder, { weights })
  const errors: number[] = []
  let [agreed, decided] = [0, 0]
  for (const { tokens, continuation, rows } of Object.values(golden.prompts)) {
    const logits = await logitsOf(target, [...tokens, ...continuation])
    for (const { position, top, probes } of rows) {
      const expected = [...top, ...probes.map((logit, at) => [golden.probes[at] ?? 0, logit] as const)]
      for (const [id, logit] of expected) errors.push(Math.abs((logits[position]?.[id] ?? Number.NaN) - logit))
    }
    // Each choice is made on the golden text before it, so all of them equal means that greedy decoding writes that text.
    for (const [at, id] of continuation.entries()) {
      decided++
      if (argmax(logits[tokens.length - 1 + at]) === id) agreed++
    }
  }
  await target.close()
  return {
    largest: Math.max(...errors),
    mean: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    agreed,
    decided,
  }
}

/** A busy machine takes ten times as long as a free one. */
const TIMEOUT_MS = 240_000

describe.skipIf(!files)('SmolLM2', () => {
  test('is the same folder wherever it is made, and its draft is for that', async () => {
    const fingerprint = await targetFingerprint(folder)
    expect(fingerprint).toBe('37b8c11e8f085af5b6c7d395fd13e28e1a613512b68ce51bba9edcfbf4908024')
    if (existsSync(smollm2DraftFolder)) await readDraft(smollm2DraftFolder, fingerprint)
  })

  test(
    'in fp32 gives the logits and the text that NumPy computes from the file',
    async () => {
      const { largest, agreed, decided } = await compare('fp32')
      expect(largest).toBeLessThan(5e-4) // 7e-5 was seen, of logits up to 30
      expect(agreed).toBe(decided)
    },
    TIMEOUT_MS,
  )

  test(
    'in 8 bits stays near',
    async () => {
      const { largest, mean, agreed, decided } = await compare('int8')
      expect(mean).toBeLessThan(0.4) // 0.19 was seen, and 0.8 at most; 95 of 96 choices were the same
      expect(largest).toBeLessThan(1.6)
      expect(agreed / decided).toBeGreaterThan(0.9)
    },
    TIMEOUT_MS,
  )

  test(
    'reads texts as llama.cpp reads them with the same file',
    async () => {
      const [own, theirs] = [await Tokenizer.open(folder), await llamaTokenizer(gguf)]
      for (const text of TEXTS) expect([text, own.encode(text)]).toEqual([text, theirs(text)])
      const words = fc.constantFrom(
        ' ',
        '\n',
        '  ',
        'the',
        ' The',
        '42',
        "n't",
        '.',
        '…',
        'é',
        '東',
        '🙂',
        '\t',
        '_x',
        '"',
      )
      fc.assert(
        fc.property(fc.array(fc.oneof(words, fc.string({ unit: 'grapheme', maxLength: 4 }))), (parts) => {
          const text = parts.join('')
          expect([text, own.encode(text)]).toEqual([text, theirs(text)])
        }),
      )
    },
    TIMEOUT_MS,
  )
})
