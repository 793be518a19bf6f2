import { SuffixSpeculator } from '@foretoken/drafting'
import { type Engine, EngineError, type GenerationEvent, startEngine } from '@foretoken/engine'
import { type LoadedModel, loadModel, type Target } from '@foretoken/model'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { workloadPrompts } from '../workloads/prompts.ts'
import { type CompletionRequest, complete, request } from './generate.ts'

let model: LoadedModel
let engine: Engine
let prompts: number[][]

beforeAll(async () => {
  model = await loadModel(referenceTargetFolder)
  engine = await startEngine(model, [new SuffixSpeculator({ endIds: model.tokenizer.eosIds })], {
    sequencesMax: 4,
    waitingMax: 6,
    waitingPerTenantMax: 4,
    prefillRows: 16,
  })
  prompts = workloadPrompts(12).map(({ prompt }) =>
    model.tokenizer.encodeChat([{ role: 'user', content: prompt }], { addGenerationPrompt: true }),
  )
})

afterAll(async () => {
  await engine?.drain()
  await model?.target.close()
})

function prompt(index: number): number[] {
  return prompts[index] ?? []
}

async function collect(events: ReadableStream<GenerationEvent>): Promise<GenerationEvent[]> {
  const all: GenerationEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

async function idle(target: Engine): Promise<void> {
  while (target.load.running + target.load.waiting > 0) await new Promise((resolve) => setImmediate(resolve))
}

describe('a request that can not be served is refused with the reason and the parameter', () => {
  const refusals: [string, Partial<CompletionRequest> & { choices?: number }, string, string | null][] = [
    ['an empty prompt', { prompt: [] }, 'invalid_value', 'prompt'],
    ['a prompt beyond the context', { prompt: new Array(512).fill(7) }, 'context_length_exceeded', 'prompt'],
    ['a token that is not in the vocabulary', { prompt: [5, 4096] }, 'invalid_value', 'prompt'],
    ['an arm that this model does not have', { speculation: { arm: 'adaptive' } }, 'invalid_value', 'speculation.arm'],
    [
      'a bias on a token that does not exist',
      { sampling: { logitBias: new Map([[9000, 1]]) } },
      'invalid_value',
      'logit_bias',
    ],
    ['more choices than there are slots', { choices: 5 }, 'invalid_value', 'n'],
  ]
  test.each(refusals)('%s', (_, change, code, param) => {
    const asked = { ...request({ prompt: prompt(0), tokensMax: 4, ...change }), choices: change.choices ?? 1 }
    const admission = engine.admit(asked)
    expect(admission.ok).toBe(false)
    if (!admission.ok) expect(admission.error).toMatchObject({ code, param })
  })

  test('a full queue, and a tenant that fills its part of it', async () => {
    const abort = new AbortController()
    const ask = (tenant: string) => engine.admit(request({ tenant, prompt: prompt(0), tokensMax: 200 }), abort.signal)
    const codes = (tenant: string) =>
      Array.from({ length: 5 }, () => ask(tenant)).map((each) => (each.ok ? 'ok' : each.error.code))
    expect(codes('ten_heavy')).toEqual(['ok', 'ok', 'ok', 'ok', 'rate_limit_exceeded'])
    expect(codes('ten_light')).toEqual(['ok', 'ok', 'overloaded', 'overloaded', 'overloaded'])
    abort.abort()
    await idle(engine)
  })
})

describe('completions end where they should', () => {
  test('at the limit of tokens', async () => {
    const { tokens, reason } = await complete(engine, { prompt: prompt(2), tokensMax: 3 })
    expect(tokens).toHaveLength(3)
    expect(reason).toBe('length')
  })

  test('at the end of the context', async () => {
    const long = Array.from({ length: 505 }, (_, index) => prompt(2)[index % prompt(2).length] ?? 5)
    const { tokens, reason } = await complete(engine, {
      prompt: long,
      tokensMax: 100,
      sampling: { logitBias: new Map(model.tokenizer.eosIds.map((id) => [id, -1e9])) },
      speculation: { arm: 'suffix', lookahead: 8 },
    })
    expect(tokens).toHaveLength(512 - 505)
    expect(reason).toBe('length')
  })

  test('at a stop string that spans tokens, which is not part of the text, whatever the arm', async () => {
    const whole = await complete(engine, { prompt: prompt(0), tokensMax: 60 })
    const stop = whole.text.slice(5, 12)
    for (const speculation of [{ arm: 'none' }, { arm: 'suffix', lookahead: 6 }] as const) {
      const stopped = await complete(engine, { prompt: prompt(0), tokensMax: 60, stopStrings: [stop], speculation })
      expect(stopped.text).toBe(whole.text.slice(0, whole.text.indexOf(stop)))
      expect(stopped.reason).toBe('stop')
      expect(stopped.tokens).toEqual(whole.tokens.slice(0, stopped.tokens.length))
    }
  })

  test('at the end-of-turn token, which has no text', async () => {
    const { tokens, reason, text } = await complete(engine, { prompt: prompt(4), tokensMax: 100 })
    expect(reason).toBe('stop')
    expect(model.tokenizer.eosIds).toContain(tokens.at(-1))
    expect(text).toBe(model.tokenizer.decode(tokens))
  })
})

describe('choices', () => {
  test('of one request are each what that choice alone would be, and differ from one another', async () => {
    const sampling = { temperature: 1.2, seed: 77n }
    const asked = { ...request({ prompt: prompt(1), tokensMax: 20, sampling }), choices: 3 }
    const texts = async () => {
      const admission = engine.admit(asked)
      const events = admission.ok ? await collect(admission.events) : []
      return [0, 1, 2].map((choice) =>
        events.map((event) => (event.type === 'text' && event.choice === choice ? event.text : '')).join(''),
      )
    }
    const [first, again] = [await texts(), await texts()]
    expect(again).toEqual(first)
    expect(new Set(first).size).toBe(3)
    const alone = await complete(engine, { prompt: prompt(1), tokensMax: 20, sampling })
    expect(alone.text).toBe(first[0])
  })

  test('report the logprobs of their tokens, the chosen one first in greedy decoding', async () => {
    const admission = engine.admit({ ...request({ prompt: prompt(0), tokensMax: 10 }), topLogprobs: 3 })
    const events = admission.ok ? await collect(admission.events) : []
    const scored = events.flatMap((event) => (event.type === 'text' ? (event.logprobs ?? []) : []))
    expect(scored.length).toBeGreaterThan(5)
    for (const { id, logprob, top } of scored) {
      expect(top).toHaveLength(3)
      expect(top[0]).toEqual({ id, logprob })
      expect(top.reduce((sum, each) => sum + Math.exp(each.logprob), 0)).toBeLessThanOrEqual(1 + 1e-6)
    }
  })
})

describe('what a tenant lets drafts learn from', () => {
  test('is remembered by its suffix index; what it keeps to itself is not', async () => {
    const accepted = async (tenant: string, learn: boolean) => {
      const asked = { tenant, prompt: prompt(0), tokensMax: 40, learn }
      await complete(engine, { ...asked, speculation: { arm: 'none' } })
      return (await complete(engine, { ...asked, speculation: { arm: 'suffix', lookahead: 8 } })).speculation
    }
    const [open, closed] = [await accepted('ten_open', true), await accepted('ten_closed', false)]
    expect(open.acceptedTokens).toBeGreaterThan(10)
    expect(closed.acceptedTokens).toBeLessThan(open.acceptedTokens / 2)
  })
})

describe('nobody waits for a reader that left', () => {
  test('an aborted request frees its sequences and the others go on', async () => {
    const abort = new AbortController()
    const leaving = engine.admit(
      request({ prompt: prompt(3), tokensMax: 400, sampling: { temperature: 1 } }),
      abort.signal,
    )
    const staying = complete(engine, { prompt: prompt(5), tokensMax: 30 })
    const reader = leaving.ok ? leaving.events.getReader() : undefined
    await reader?.read()
    abort.abort()
    const { tokens } = await staying
    expect(tokens).toEqual((await complete(engine, { prompt: prompt(5), tokensMax: 30 })).tokens)
    await idle(engine)
    expect(engine.load.running).toBe(0)
  })

  test('a cancelled stream does the same', async () => {
    const admission = engine.admit(request({ prompt: prompt(3), tokensMax: 400 }))
    if (admission.ok) await admission.events.cancel()
    await idle(engine)
    expect(engine.load).toMatchObject({ running: 0, waiting: 0 })
  })
})

describe('a failing run', () => {
  test('fails the requests in it, and the engine goes on', async () => {
    let broken = false
    const flaky: Target = {
      shape: model.target.shape,
      ragged: model.target.ragged,
      run: (input) => (broken ? Promise.reject(new Error('the device went away')) : model.target.run(input)),
      close: async () => {},
    }
    const shaky = await startEngine({ target: flaky, tokenizer: model.tokenizer }, [], { sequencesMax: 2 })
    broken = true
    await expect(complete(shaky, { prompt: prompt(0), tokensMax: 5 })).rejects.toMatchObject({ code: 'internal' })
    broken = false
    expect((await complete(shaky, { prompt: prompt(0), tokensMax: 5 })).tokens).toHaveLength(5)
    await shaky.drain()
    const refused = shaky.admit(request({ prompt: prompt(0), tokensMax: 5 }))
    expect(refused.ok === false && refused.error).toBeInstanceOf(EngineError)
  })

  test('on one sequence leaves the rest of the batch alone', async () => {
    const vocabulary = model.target.shape.vocabularySize
    const poisoned: Target = {
      shape: model.target.shape,
      ragged: model.target.ragged,
      run: async (input) => {
        const output = await model.target.run(input)
        if (input.batch === 2) output.logits[vocabulary] = Number.NaN // the second sequence's row
        return output
      },
      close: async () => {},
    }
    const shaky = await startEngine({ target: poisoned, tokenizer: model.tokenizer }, [], { sequencesMax: 2 })
    const requests = [prompt(0), prompt(1)].map((each) => ({ prompt: each, tokensMax: 40 }))
    const ends = await Promise.allSettled(requests.map((wanted) => complete(shaky, wanted)))
    const sick = ends.findIndex(({ status }) => status === 'rejected')
    expect(ends[sick]).toMatchObject({ reason: { code: 'internal' } })
    const alone = await complete(shaky, requests[1 - sick] ?? { prompt: [], tokensMax: 0 })
    expect(ends[1 - sick]).toMatchObject({ status: 'fulfilled', value: { tokens: alone.tokens } })
    await shaky.drain()
  })
})
