import { prepareWays, WAYS, type Way } from '../learning/arms.ts'
import type { LearnedDomain } from '../learning/learned.ts'
import { type Served, serve } from '../learning/serve.ts'
import { type Models, tokensOf } from '../learning/world.ts'

export const ARMS = ['none', 'suffix', 'static', 'adaptive', 'auto'] as const
export type RegimeArm = (typeof ARMS)[number]

/** One request, answered in each way. */
export interface ServedRequest {
  readonly domain: string
  readonly served: Readonly<Record<RegimeArm, Served>>
}

export interface Counts {
  readonly warmUp: number
  readonly measured: number
}

/** Serves the domains' later requests in all ways, batch 1, the ways taking turns in going first. */
export async function serveAll(
  models: Models,
  domains: readonly LearnedDomain[],
  { warmUp, measured }: Counts,
): Promise<ServedRequest[]> {
  const requests: ServedRequest[] = []
  for (const { domain, traces, adapter, later } of domains) {
    const own = await models.draft.readAdapter({ id: `adp_${domain}`, bytes: adapter.bytes })
    await prepareWays(models, { domain, traces, adapter: { adapter: own, measured: adapter } })
    for (const [index, text] of later.slice(0, warmUp + measured).entries()) {
      const served = await inAllWays(models, domain, tokensOf(models, text), index)
      if (index >= warmUp) requests.push({ domain, served })
    }
  }
  return requests
}

async function inAllWays(models: Models, domain: string, prompt: readonly number[], turn: number) {
  const served = new Map<string, Served>()
  for (let at = 0; at < ARMS.length; at++) {
    const way = wayOf(ARMS[(at + turn) % ARMS.length])
    served.set(way.name, await serve(models, { domain, prompt, way }))
  }
  const of = (arm: RegimeArm): Served => {
    const found = served.get(arm)
    if (!found) throw new Error(`${arm} was not served`)
    return found
  }
  return { none: of('none'), suffix: of('suffix'), static: of('static'), adaptive: of('adaptive'), auto: of('auto') }
}

function wayOf(arm: RegimeArm | undefined): Way {
  const way = WAYS.find(({ name }) => name === arm)
  if (!way) throw new Error(`there is no way ${arm}`)
  return way
}

export type ArmFigures = Readonly<Record<RegimeArm, ArmFigure>>

export interface ArmFigure {
  /** Prefill included. */
  readonly tokensPerSecond: number
  readonly acceptanceLength: number
  /** Tokens per second against plain decoding: whole requests, and their verification steps alone. */
  readonly speedUp: number
  readonly decodingSpeedUp: number
}

/** Of all requests together. */
export function speedUps(requests: readonly ServedRequest[]): ArmFigures {
  const sums = (arm: RegimeArm) => {
    const served = requests.map((request) => request.served[arm])
    const sum = (value: (each: Served) => number) => served.reduce((total, each) => total + value(each), 0)
    const tokens = sum((each) => each.tokens.length)
    return {
      perMs: tokens / sum(({ ms }) => ms),
      decoding: tokens / sum(({ decodeMs }) => decodeMs),
      steps: sum(({ steps }) => steps),
      tokens,
    }
  }
  const plain = sums('none')
  const figure = (arm: RegimeArm): ArmFigure => {
    const { perMs, decoding, steps, tokens } = sums(arm)
    return {
      tokensPerSecond: 1_000 * perMs,
      acceptanceLength: tokens / steps,
      speedUp: perMs / plain.perMs,
      decodingSpeedUp: decoding / plain.decoding,
    }
  }
  return {
    none: figure('none'),
    suffix: figure('suffix'),
    static: figure('static'),
    adaptive: figure('adaptive'),
    auto: figure('auto'),
  }
}
