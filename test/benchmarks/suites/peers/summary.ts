import { median, type Report, rounded } from '../../report.ts'
import type { Comparison } from './compare.ts'
import type { Timed } from './contender.ts'
import type { Timings } from './measure.ts'

export interface Summary extends Pick<Report, 'medians' | 'ratios'> {
  /** For each ratio to `llama.cpp-best`: which of our ways, and which of llama.cpp's configurations. */
  readonly compared: Readonly<Record<string, Pair>>
}

export interface Pair {
  readonly ours: string
  readonly theirs: string
  readonly ratio: number
}

/**
 * Medians over requests (at larger batches: over rounds) of completion tokens per second, prefill included; ratios of
 * ours to the best of llama.cpp's configurations. `adaptive` is the better of the adaptive arm by force and of the
 * controller's choice (`auto`). Where a ratio names no precision fp32 is meant, where it names no batch, batch 1.
 */
export function summarise(comparisons: readonly Comparison[]): Summary {
  const medians: Record<string, number> = {}
  const ratios: Record<string, number> = {}
  const compared: Record<string, Pair> = {}
  for (const { precision, singly, together } of comparisons) {
    for (const [batch, timings] of [[1, singly] as const, ...together]) {
      const where = `${precision === 'fp32' ? '' : `${precision} `}${batch === 1 ? '' : `batch ${batch} `}`
      for (const [name, timed] of timings)
        medians[`${precision} ${name} batch ${batch} tokens/s`] = rounded(median(timed.map(tokensPerSecond)))
      for (const [name, ways] of Object.entries(OURS)) {
        const pair = bestPair(timings, ways)
        if (!pair) continue
        ratios[`${where}${name}/llama.cpp-best`] = pair.ratio
        compared[`${where}${name}/llama.cpp-best`] = pair
      }
    }
    for (const name of singly.keys())
      if (isTheirs(name)) ratios[`${precision} requests that ${name} answers alike/requests`] = agreeing(singly, name)
  }
  return { medians, ratios, compared }
}

/** What a ratio calls them, and which of our ways it takes the best of. */
const OURS: Readonly<Record<string, readonly string[]>> = {
  adaptive: ['adaptive', 'auto'],
  'adaptive arm': ['adaptive'],
  auto: ['auto'],
  plain: ['none'],
}

const isTheirs = (name: string) => name.startsWith('llama.cpp')

/**
 * Our best way against their best. Two are compared by the median over requests of the quotient within each, so that
 * neither drift nor a request's length tilts it. Undefined where they were left out.
 */
export function bestPair(timings: Timings, ways: readonly string[]): Pair | undefined {
  const names = [...timings.keys()].filter(isTheirs)
  const worstFor = (ours: string) => names.map((theirs) => pairOf(timings, ours, theirs)).sort(byRatio)[0]
  return ways
    .flatMap((ours) => worstFor(ours) ?? [])
    .sort(byRatio)
    .at(-1)
}

const byRatio = (a: Pair, b: Pair) => a.ratio - b.ratio

function pairOf(timings: Timings, ours: string, theirs: string): Pair {
  const other = timings.get(theirs) ?? []
  const quotients = (timings.get(ours) ?? []).map((timed, at) => {
    const against = other[at]
    return against ? tokensPerSecond(timed) / tokensPerSecond(against) : Number.NaN
  })
  return { ours, theirs, ratio: rounded(median(quotients)) }
}

const tokensPerSecond = ({ tokens, ms }: Timed) => (1_000 * tokens.length) / ms

/** Share of requests to which a contender gives the very tokens that the engine gives without drafts. */
export function agreeing(timings: Timings, name: string): number {
  const [plain, other] = [timings.get('none') ?? [], timings.get(name) ?? []]
  return rounded(plain.filter(({ tokens }, at) => tokens.join() === other[at]?.tokens.join()).length / plain.length)
}
