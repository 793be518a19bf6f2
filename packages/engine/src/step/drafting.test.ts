import {
  CostTable,
  type DraftContext,
  type DraftRequest,
  type DraftSession,
  type Proposal,
  type Speculator,
} from '@foretoken/drafting'
import type { Target } from '@foretoken/model'
import { describe, expect, it } from 'vitest'
import { Engine } from '../engine.ts'
import type { EngineObserver } from '../options.ts'
import type { GenerationEvent, GenerationRequest } from '../request.ts'
import { PLAIN } from '../sampling/testing.ts'

const shape = { layers: 1, keyValueHeads: 1, headDim: 2, hiddenSize: 3, vocabularySize: 40, positionsMax: 256 }

/** Every token is as likely as any other, so that the noise alone decides. */
const indifferent: Target = {
  shape,
  ragged: true,
  run: async ({ batch, length, logitRows }) => ({
    logits: new Float32Array(logitRows.length * shape.vocabularySize),
    hidden: new Float32Array(logitRows.length * shape.hiddenSize),
    delta: new Float32Array(2 * batch * length * shape.headDim),
  }),
  close: async () => {},
}

/** A neural arm that answers by `draft`, and knows how long its sequence is. */
function neural(draft: (context: DraftContext, length: number, lookahead: number) => number[]): Speculator {
  const sessions = new WeakMap<DraftSession, { context: DraftContext; length: number }>()
  return {
    arms: ['static'],
    eager: false,
    open(context) {
      const state = { context, length: context.prompt.length }
      const session: DraftSession = {
        forecasts: (lookaheadMax) => [{ arm: 'static', survival: new Array(lookaheadMax).fill(0.9) }],
        prefilled: () => {},
        commit: ({ tokens }) => {
          state.length += tokens.length
        },
        close: () => {},
      }
      sessions.set(session, state)
      return session
    },
    propose: async (requests: readonly DraftRequest[]): Promise<Proposal[]> =>
      requests.map(({ session, lookaheadMax }) => {
        const state = sessions.get(session)
        const tokens = state ? draft(state.context, state.length, lookaheadMax) : []
        return { tokens, survival: tokens.map(() => 0.9), version: 'drf_1' }
      }),
    forget: () => {},
  }
}

/** A free arm that proposes nothing of its own, and goes on from others with `tokens`. */
function follower(tokens: readonly number[], asked: (readonly number[])[]): Speculator {
  const session: DraftSession = {
    forecasts: () => [],
    continued: (given, lookaheadMax) => {
      asked.push(given)
      const own = tokens.slice(0, lookaheadMax)
      return { tokens: own, survival: own.map(() => 0.9) }
    },
    prefilled: () => {},
    commit: () => {},
    close: () => {},
  }
  const nothing: Proposal = { tokens: [], survival: [], version: null }
  return {
    arms: ['suffix'],
    eager: true,
    open: () => session,
    propose: async (requests) => requests.map(() => nothing),
    forget: () => {},
  }
}

async function generate(
  speculator: Speculator | readonly Speculator[],
  change: Partial<GenerationRequest> = {},
  observer: EngineObserver = {},
) {
  const costs = new CostTable([
    { batch: 1, length: 1, ms: 10 },
    { batch: 1, length: 17, ms: 11 },
  ])
  const tokens = { eosIds: [], bytesOf: (id: number) => Uint8Array.of(48 + (id % 40)) }
  const engine = new Engine({ target: indifferent, tokens, speculators: [speculator].flat(), costs }, { observer })
  const admission = engine.admit({
    id: 'req_1',
    tenant: 'ten_a',
    prompt: [3, 1, 4],
    choices: 1,
    completionTokensMax: 60,
    sampling: PLAIN,
    stopStrings: [],
    speculation: { arm: 'static', lookahead: 6 },
    learn: false,
    ...change,
  })
  if (!admission.ok) throw admission.error
  const events: GenerationEvent[] = []
  for await (const event of admission.events) events.push(event)
  await engine.drain()
  const end = events.at(-1)
  if (end?.type !== 'end') throw new Error('no end')
  const written = events.flatMap((event) => (event.type === 'text' && event.choice === 0 ? event.tokens : []))
  return { written, speculation: end.speculation, trials: end.trials }
}

/** argmax of the noise alone, at each of the next positions. */
const withNoise = ({ sampling }: DraftContext, length: number, lookahead: number) =>
  Array.from({ length: lookahead }, (_, depth) => {
    let best = 0
    const noise = (token: number) => sampling?.gumbel(length + depth, token) ?? 0
    for (let token = 1; token < shape.vocabularySize; token++) if (noise(token) > noise(best)) best = token
    return best
  })

describe('a neural arm', () => {
  it('that draws with the noise it is given meets a target of its own distribution, in every choice', async () => {
    const { speculation } = await generate(neural(withNoise), { choices: 3 })
    expect(speculation.acceptedTokens / speculation.draftTokens).toBeGreaterThan(0.97)
    expect(speculation.arms).toContainEqual(expect.objectContaining({ arm: 'static', draftVersion: 'drf_1' }))
    const blind = await generate(neural((_, length, lookahead) => new Array(lookahead).fill(length % 40)))
    expect(blind.speculation.acceptedTokens / blind.speculation.draftTokens).toBeLessThan(0.2)
  })

  it('is given no noise where none is drawn', async () => {
    let seen: DraftContext | undefined
    const watching = neural((context) => {
      seen = context
      return [0]
    })
    await generate(watching, { sampling: { ...PLAIN, temperature: 0 } })
    expect(seen).toEqual({ tenant: 'ten_a', prompt: [3, 1, 4], name: 'req_1 0' })
  })

  it('that throws or proposes nonsense costs nobody a token, and the observer hears of the failure', async () => {
    const { written } = await generate(neural(() => []))
    const failures: unknown[] = []
    const failing = neural(() => {
      throw new Error('the draft broke')
    })
    const broken = await generate(failing, {}, { draftFailed: (_, cause) => failures.push(cause) })
    expect(broken.written).toEqual(written)
    expect(failures).toHaveLength(59) // the last step has no room for a draft
    for (const nonsense of [-1, 40, 0.5, Number.NaN]) {
      const { written: same, speculation } = await generate(neural(() => [7, nonsense, 7]))
      expect(same).toEqual(written)
      expect(speculation.lookaheadMax).toBe(1)
    }
  })

  it('is gone on from by one that is free, where the controller picks, and the chain keeps its own figures', async () => {
    const greedy = { sampling: { ...PLAIN, temperature: 0 } } // then every token is 0
    const asked: (readonly number[])[] = []
    const arms = [follower([0, 0, 5], asked), neural(() => [0])]
    const { written, speculation } = await generate(arms, { ...greedy, speculation: { arm: 'auto' } })
    expect(written).toEqual(new Array(60).fill(0))
    expect(new Set(asked.map((given) => given.join()))).toEqual(new Set(['0']))
    expect(speculation.acceptanceHistogram.length - 1).toBe(3)
    const [own] = speculation.arms.filter(({ arm }) => arm === 'static')
    expect(own?.proposed).toHaveLength(1)
    expect(own?.accepted).toEqual(own?.proposed)
    asked.length = 0
    await generate(arms, { ...greedy, speculation: { arm: 'static' } })
    expect(asked).toEqual([])
  })

  it('that is not ready when a request forces it leaves its place to the static draft', async () => {
    const both: Speculator = { ...neural(withNoise), arms: ['static', 'adaptive'] }
    const { speculation } = await generate(both, { speculation: { arm: 'adaptive', lookahead: 4 } })
    expect(speculation.armSteps.static).toBeGreaterThan(0)
    expect(speculation.armSteps.adaptive).toBeUndefined()
  })

  it('drafts at the first step, from the state before the last prompt token', async () => {
    const first: number[] = []
    const watching = neural((_, length) => {
      first.push(length)
      return []
    })
    const open = watching.open.bind(watching)
    let states = 0
    const counting: Speculator = {
      ...watching,
      open: (context) =>
        Object.assign(open(context), { prefilled: (hidden: Float32Array) => (states += hidden.length) }),
    }
    await generate(counting, { choices: 2 })
    expect(states).toBe(2 * shape.hiddenSize)
    expect(first[0]).toBe(3)
  })
})

describe('a trial', () => {
  /** Takes turns with itself: at every third place it drafts as a candidate, and then it knows what comes. */
  function takingTurns(truth: readonly number[]): Speculator {
    const isCandidates = (length: number) => length % 3 === 0
    const inner = neural((context, length, lookahead) => {
      const from = length - context.prompt.length
      const known = truth.slice(from, from + Math.min(4, lookahead))
      return isCandidates(length) ? known : known.map((token) => (token + 1) % shape.vocabularySize)
    })
    const open = (context: DraftContext): DraftSession => {
      const session = inner.open(context)
      let { length } = context.prompt
      const { commit } = session
      return Object.assign(session, {
        trial: () => {
          const drafter = isCandidates(length) ? ('candidate' as const) : ('rival' as const)
          return { candidate: 'adp_new', rival: 'adp_old', drafter }
        },
        commit: (committed: Parameters<DraftSession['commit']>[0]) => {
          length += committed.tokens.length
          commit(committed)
        },
      })
    }
    return { ...inner, open }
  }

  it('tells of a request what each drafter made of the steps that were its own', async () => {
    const plain = await generate([], { speculation: { arm: 'none' }, completionTokensMax: 120 })
    const spent = { candidate: { tokens: 0, ms: 0 }, rival: { tokens: 0, ms: 0 } }
    let length = 3
    const played = await generate(
      takingTurns(plain.written),
      { speculation: { arm: 'auto' }, completionTokensMax: 120 },
      {
        decode: ({ results, plan, draftExpectedMs }) => {
          const own = spent[length % 3 === 0 ? 'candidate' : 'rival']
          const committed = results[0]?.committed ?? 0
          own.tokens += committed
          own.ms += plan.expectedMs + draftExpectedMs
          length += committed
        },
      },
    )
    expect(played.written).toEqual(plain.written)
    const [trial, ...others] = played.trials
    expect(others).toEqual([])
    expect(trial).toMatchObject({
      candidate: 'adp_new',
      rival: 'adp_old',
      byCandidate: { tokens: spent.candidate.tokens },
    })
    expect(trial?.byRival.tokens).toBe(spent.rival.tokens)
    expect(trial?.byCandidate.ms).toBeCloseTo(spent.candidate.ms)
    expect(trial?.byRival.ms).toBeCloseTo(spent.rival.ms)
    expect(spent.candidate.tokens / spent.candidate.ms).toBeGreaterThan(1.5 * (spent.rival.tokens / spent.rival.ms))
  })

  it('counts nothing where the request leaves a candidate no say', async () => {
    const plain = await generate([], { speculation: { arm: 'none' } })
    for (const arm of ['none', 'static'] as const) {
      expect((await generate(takingTurns(plain.written), { speculation: { arm } })).trials).toEqual([])
    }
  })
})
