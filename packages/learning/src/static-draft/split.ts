import type { Trace } from '@foretoken/engine'

export interface DomainTraces {
  readonly domain: string
  readonly training: readonly Trace[]
  readonly held: readonly Trace[]
}

/** The last tenth of each domain's requests is held out. */
export function splitDomains(traces: ReadonlyMap<string, readonly Trace[]>): DomainTraces[] {
  return [...traces].map(([domain, own]) => {
    const cut = Math.floor(own.length * (1 - HELD_OUT_SHARE))
    return { domain, training: own.slice(0, cut), held: own.slice(cut) }
  })
}

/** The most frequent completion tokens, most frequent first; ties in order of id. */
export function frequentTokens(traces: readonly Trace[], most: number): Int32Array {
  const counts = new Map<number, number>()
  for (const { tokens } of traces) for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1)
  const byCount = [...counts].sort(([a, countA], [b, countB]) => countB - countA || a - b)
  return Int32Array.from(byCount.slice(0, most), ([token]) => token)
}

const HELD_OUT_SHARE = 0.1
