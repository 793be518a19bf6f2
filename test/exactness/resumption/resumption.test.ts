import { SuffixSpeculator } from '@foretoken/drafting'
import { Engine, type GenerationEvent, type GenerationRequest, plainSampling } from '@foretoken/engine'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cheapCosts } from '../cheap-costs.ts'
import { hashTarget } from '../preemption/hash-target.ts'
import { ScriptedNeural, truthKey } from '../scripted-neural.ts'

const END = 1
const RUNS = Number(process.env.EXACTNESS_RUNS ?? 60)
const tokens = { eosIds: [END], bytesOf: (id: number) => (id === END ? new Uint8Array() : Uint8Array.of(65 + id)) }

const requests = fc
  .array(
    fc.record({
      promptLength: fc.integer({ min: 1, max: 60 }),
      completionTokensMax: fc.integer({ min: 1, max: 80 }),
      choices: fc.constantFrom(1, 1, 2, 3),
      temperature: fc.constantFrom(0, 1),
      penalty: fc.constantFrom(0, 0.7),
      stop: fc.constantFrom<string[]>([], ['QQ'], ['F']),
      topLogprobs: fc.constantFrom(undefined, 0, 2),
      /** Where the first engine is lost, as a share of the events of the request. */
      lostAt: fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((wanted) =>
    wanted.map(({ promptLength, temperature, penalty, stop, topLogprobs, lostAt, ...rest }, index) => {
      const sampling = { ...plainSampling(temperature, BigInt(index)), presencePenalty: penalty }
      const request: GenerationRequest = {
        ...rest,
        id: `req_${index}`,
        tenant: `ten_${index % 2}`,
        prompt: Array.from({ length: promptLength }, (_, at) => 2 + ((index * 31 + at * (at + index + 3)) % 27)),
        sampling: { ...sampling, logitBias: new Map([[END, -3]]) },
        stopStrings: stop,
        ...(topLogprobs !== undefined && { topLogprobs }),
        speculation: { arm: 'auto' },
        learn: true,
      }
      return { request, lostAt }
    }),
  )

test('what was lost in the middle goes on elsewhere with the same bytes, whatever either engine drafts', async () => {
  let resumed = 0
  await fc.assert(
    fc.asyncProperty(requests, async (asked) => {
      const plain = await serve(
        asked.map(({ request }) => ({ ...request, speculation: { arm: 'none' } })),
        [],
      )
      const truth = asked.map(({ request }, index): [string, number[]] => {
        const said = plain[index]?.events.flatMap((event) => tokensOf(event, 0)) ?? []
        return [truthKey(request.prompt, request.sampling.temperature), said]
      })
      const drafts = () => [
        new SuffixSpeculator({ endIds: [END] }),
        new ScriptedNeural(new Map(truth), hashTarget.shape),
      ]
      const drafted = await serve(
        asked.map(({ request }) => request),
        drafts(),
      )
      const before = asked.map(({ lostAt }, index) => {
        const events = drafted[index]?.events ?? []
        return events.slice(0, Math.floor(lostAt * events.length))
      })
      const after = await serve(
        asked.map(({ request }, index) => ({ ...request, resumed: tokensByChoice(request, before[index] ?? []) })),
        drafts(),
      )
      for (const [index, { request }] of asked.entries()) {
        if (before[index]?.length) resumed++
        const joined = [...(before[index] ?? []), ...(after[index]?.events ?? [])]
        for (let choice = 0; choice < request.choices; choice++) {
          expect(read(joined, choice)).toEqual(read(plain[index]?.events ?? [], choice))
        }
        expect(completionTokens(joined)).toBe(completionTokens(plain[index]?.events ?? []))
        expect(after[index]?.traces).toBe(0)
      }
    }),
    { numRuns: RUNS },
  )
  expect(resumed).toBeGreaterThan(RUNS / 2)
}, 240_000)

test('what is none of the request is refused', async () => {
  const request: GenerationRequest = {
    id: 'req_0',
    tenant: 'ten_a',
    prompt: [3, 4],
    choices: 2,
    completionTokensMax: 3,
    sampling: plainSampling(0, 1n),
    stopStrings: [],
    speculation: { arm: 'none' },
    learn: true,
  }
  const engine = new Engine({ target: hashTarget, tokens, speculators: [], costs: cheapCosts() })
  for (const resumed of [[[2]], [[2], [99]], [[2], [2, 2, 2, 2]]]) {
    const admission = engine.admit({ ...request, resumed })
    expect(admission.ok ? null : admission.error.code).toBe('internal')
  }
  await engine.drain()
})

interface Served {
  readonly events: GenerationEvent[]
  traces: number
}

/** All at once, on an engine of their own. */
async function serve(
  asked: readonly GenerationRequest[],
  speculators: ConstructorParameters<typeof Engine>[0]['speculators'],
): Promise<Served[]> {
  const served = new Map(asked.map(({ id }): [string, Served] => [id, { events: [], traces: 0 }]))
  const engine = new Engine(
    { target: hashTarget, tokens, speculators, costs: cheapCosts() },
    {
      sequencesMax: 4,
      traces: {
        record: ({ request }) => {
          const of = served.get(request)
          if (of) of.traces++
        },
      },
    },
  )
  const all = asked.map(async (request) => {
    const admission = engine.admit(request)
    if (!admission.ok) throw admission.error
    for await (const event of admission.events) served.get(request.id)?.events.push(event)
  })
  await engine.drain()
  await Promise.all(all)
  return [...served.values()]
}

const tokensOf = (event: GenerationEvent, choice: number) =>
  event.type === 'text' && event.choice === choice ? event.tokens : []

function tokensByChoice({ choices }: GenerationRequest, events: readonly GenerationEvent[]): number[][] {
  return Array.from({ length: choices }, (_, choice) => events.flatMap((event) => tokensOf(event, choice)))
}

/** All that a tenant reads of a choice. Who resumes tells its end once more. */
function read(events: readonly GenerationEvent[], choice: number) {
  const own = events.flatMap((event) => (event.type === 'text' && event.choice === choice ? [event] : []))
  const ends = events.flatMap((event) => (event.type === 'finish' && event.choice === choice ? [event.reason] : []))
  return {
    text: own.map(({ text }) => text).join(''),
    tokens: own.flatMap((event) => event.tokens),
    scored: own.flatMap(({ logprobs = [] }) => logprobs),
    ends: [...new Set(ends)],
  }
}

function completionTokens(events: readonly GenerationEvent[]): number | undefined {
  const end = events.at(-1)
  return end?.type === 'end' ? end.usage.completionTokens : undefined
}
