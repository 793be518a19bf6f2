import { SuffixSpeculator } from '@foretoken/drafting'
import {
  type ConstraintSource,
  type ConstraintTokens,
  Engine,
  type GenerationEvent,
  type GenerationRequest,
  plainSampling,
} from '@foretoken/engine'
import { kernels } from '@foretoken/native'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compilerOf } from '../../structured/compiled.ts'
import { cheapCosts } from '../cheap-costs.ts'
import { hashTarget } from '../preemption/hash-target.ts'
import { ScriptedNeural, truthKey } from '../scripted-neural.ts'

const END = 1
const RUNS = Number(process.env.EXACTNESS_RUNS ?? 60)

/** A is 0; 1 is the end; the last two are words of two letters, so that there is more than one way to spell. */
const tokens: ConstraintTokens = {
  eosIds: [END],
  specialName: (id) => (id === END ? '<end>' : undefined),
  bytesOf: (id) => (id === END ? new Uint8Array() : Buffer.from(spelledBy(id))),
  spell: (bytes) => {
    const text = Buffer.from(bytes).toString()
    return (text.match(/CD|EF|./gs) ?? []).map((part) => LETTERS.indexOf(part))
  },
}
const LETTERS = Array.from({ length: hashTarget.shape.vocabularySize }, (_, id) =>
  id === END ? '' : id === 27 ? 'CD' : id === 28 ? 'EF' : String.fromCharCode(65 + id),
)
const spelledBy = (id: number) => LETTERS[id] ?? ''

/** Each with what its whole texts match. */
const SOURCES: readonly { source: ConstraintSource; whole: RegExp }[] = [
  { source: { kind: 'regex', pattern: 'CD[EFGH]{3,20}(CDEFCDEF|GG)' }, whole: /^CD[EFGH]{3,20}(CDEFCDEF|GG)$/ },
  { source: { kind: 'choice', choices: ['CDEF', 'CDEFEF', 'GH', 'AACDAA'] }, whole: /^(CDEF|CDEFEF|GH|AACDAA)$/ },
  { source: { kind: 'grammar', grammar: 'root ::= ("CDEFA" [H-Z]{2})*' }, whole: /^(CDEFA[H-Z]{2})*$/ },
  {
    source: { kind: 'grammar', grammar: 'root ::= "C" root "D" | "E" | "FFFF" root' },
    whole: /^(C|FFFF)*E(D)*$/,
  },
]

const compiler = kernels && compilerOf(tokens, hashTarget.shape.vocabularySize)
const compiled = await Promise.all(SOURCES.map(async ({ source }) => compiler?.compile('ten_0', source, 'x')))

const requests = fc
  .array(
    fc.record({
      constraint: fc.nat(SOURCES.length), // the last one: none
      promptLength: fc.integer({ min: 1, max: 60 }),
      completionTokensMax: fc.integer({ min: 1, max: 60 }),
      choices: fc.constantFrom(1, 1, 2, 3),
      temperature: fc.constantFrom(0, 1),
      topP: fc.constantFrom(1, 0.7),
      penalty: fc.constantFrom(0, 0.7),
      stop: fc.constantFrom<string[]>([], ['HH'], ['EFE']),
      topLogprobs: fc.constantFrom(undefined, 0, 2),
      arm: fc.constantFrom('auto' as const, 'auto' as const, 'grammar' as const, 'suffix' as const),
      /** Where the first engine is lost, as a share of the events of the request. */
      lostAt: fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((wanted) =>
    wanted.map(
      ({ constraint, promptLength, temperature, topP, penalty, stop, topLogprobs, arm, lostAt, ...rest }, at) => {
        const allowed = compiled[constraint]
        const request: GenerationRequest = {
          ...rest,
          id: `req_${at}`,
          tenant: `ten_${at % 2}`,
          prompt: Array.from({ length: promptLength }, (_, place) => 2 + ((at * 31 + place * (place + at + 3)) % 27)),
          sampling: { ...plainSampling(temperature, BigInt(at)), topP, presencePenalty: penalty },
          stopStrings: stop,
          ...(allowed && { constraint: allowed }),
          ...(topLogprobs !== undefined && { topLogprobs }),
          speculation: { arm },
          learn: true,
        }
        return { request, lostAt, whole: SOURCES[constraint]?.whole }
      },
    ),
  )

test.runIf(kernels)(
  'constrained and not, drafted or not, alone, in batches and resumed elsewhere: the same bytes, and those that are allowed',
  async () => {
    let ended = 0
    let forced = 0
    await fc.assert(
      fc.asyncProperty(requests, async (asked) => {
        const plain: GenerationEvent[][] = []
        for (const { request } of asked)
          plain.push(...(await serve([{ ...request, speculation: { arm: 'none' } }], [])))
        const truth = asked.map(({ request }, index): [string, number[]] => {
          const said = (plain[index] ?? []).flatMap((event) => tokensOf(event, 0))
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
        const before = asked.map(({ lostAt }, index) =>
          (drafted[index] ?? []).slice(0, lostAt * (drafted[index]?.length ?? 0)),
        )
        const after = await serve(
          asked.map(({ request }, index) => ({ ...request, resumed: tokensByChoice(request, before[index] ?? []) })),
          drafts(),
        )
        for (const [index, { request, whole }] of asked.entries()) {
          for (let choice = 0; choice < request.choices; choice++) {
            const expected = read(plain[index] ?? [], choice)
            expect(read(drafted[index] ?? [], choice)).toEqual(expected)
            expect(read([...(before[index] ?? []), ...(after[index] ?? [])], choice)).toEqual(expected)
            if (!whole || expected.ends[0] !== 'stop' || request.stopStrings.length > 0) continue
            ended++
            expect(expected.text).toMatch(whole)
          }
          forced += forcedIn(drafted[index] ?? [])
        }
      }),
      { numRuns: RUNS },
    )
    expect(ended).toBeGreaterThan(RUNS / 3)
    expect(forced).toBeGreaterThan(RUNS / 3)
  },
  240_000,
)

test.runIf(kernels)('who resumes what its constraint does not allow is refused, and the engine goes on', async () => {
  const [allowed] = compiled
  const engine = new Engine({ target: hashTarget, tokens, speculators: [], costs: cheapCosts() })
  const request: GenerationRequest = {
    id: 'req_0',
    tenant: 'ten_a',
    prompt: [3, 4],
    choices: 1,
    completionTokensMax: 30,
    sampling: plainSampling(0, 1n),
    stopStrings: [],
    ...(allowed && { constraint: allowed }),
    speculation: { arm: 'none' },
    learn: true,
  }
  const refused = engine.admit({ ...request, resumed: [[25]] })
  expect(refused.ok ? null : refused.error.code).toBe('internal')
  const admission = engine.admit(request)
  if (!admission.ok) throw admission.error
  const events: GenerationEvent[] = []
  for await (const event of admission.events) events.push(event)
  expect(events.at(-1)?.type).toBe('end')
  await engine.drain()
})

/** All at once, on an engine of their own whose memory is too small for all. */
async function serve(
  asked: readonly GenerationRequest[],
  speculators: ConstructorParameters<typeof Engine>[0]['speculators'],
): Promise<GenerationEvent[][]> {
  const engine = new Engine(
    { target: hashTarget, tokens, speculators, costs: cheapCosts() },
    { sequencesMax: 4, cacheBytesMax: 60_000 },
  )
  const all = asked.map(async (request) => {
    const admission = engine.admit(request)
    if (!admission.ok) throw admission.error
    const events: GenerationEvent[] = []
    for await (const event of admission.events) events.push(event)
    return events
  })
  await engine.drain()
  return await Promise.all(all)
}

const tokensOf = (event: GenerationEvent, choice: number) =>
  event.type === 'text' && event.choice === choice ? event.tokens : []

function tokensByChoice({ choices }: GenerationRequest, events: readonly GenerationEvent[]): number[][] {
  return Array.from({ length: choices }, (_, choice) => events.flatMap((event) => tokensOf(event, choice)))
}

function forcedIn(events: readonly GenerationEvent[]): number {
  const end = events.at(-1)
  const arms = end?.type === 'end' ? end.speculation.arms : []
  return arms.flatMap(({ arm, accepted }) => (arm === 'grammar' ? accepted : [])).reduce((sum, each) => sum + each, 0)
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
