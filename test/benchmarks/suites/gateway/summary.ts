import { median, type Report, rounded } from '../../report.ts'
import type { Measurement } from './measure.ts'

/** Which contender is measured against which without a gateway. */
export type Baselines = ReadonlyMap<string, string | null>

type Figures = Pick<Report, 'medians' | 'ratios'>

/** Medians over rounds; what a gateway adds is the difference to what stands behind it, in the same round. */
export function summarise(measurements: readonly Measurement[], baselines: Baselines): Figures {
  const medians: Record<string, number> = {}
  const cpu = new Map<string, number>()
  for (const [name, rounds] of groupBy(measurements, nameOf)) {
    const baseline = baselines.get(rounds[0]?.contender ?? '')
    if (baseline === undefined) continue
    if (baseline !== null) {
      for (const p of ['p50', 'p99'] as const) {
        const added = rounds.flatMap((each) => {
          const alone = measurements.find((other) => other.contender === baseline && sameRate(other, each))
          return alone ? [each.load.latencyMs[p] - alone.load.latencyMs[p]] : []
        })
        // Who answered nothing, or only errors, has no latency.
        const known = added.filter((ms) => !Number.isNaN(ms))
        if (known.length > 0) medians[`${name} added ${p} ms`] = rounded(median(known))
      }
    }
    const served = rounds.filter(({ load }) => load.failed === 0)
    const cpuMs = median(served.flatMap(({ cpuMsPerRequest }) => cpuMsPerRequest ?? []))
    if (Number.isNaN(cpuMs)) continue
    cpu.set(name, cpuMs)
    medians[`${name} cpu ms/request`] = rounded(cpuMs)
  }
  return { medians: { ...saturations(measurements), ...medians }, ratios: ratiosOf(cpu) }
}

const nameOf = ({ contender, kind, perSecond }: Measurement) => `${contender} ${kind} ${perSecond}/s`

function sameRate(a: Measurement, b: Measurement): boolean {
  return a.kind === b.kind && a.perSecond === b.perSecond && a.round === b.round
}

/** The largest rate that was kept up with in most rounds, as all below it; 0 where there is none. */
function saturations(measurements: readonly Measurement[]): Record<string, number> {
  const largest: Record<string, number> = {}
  for (const [name, rates] of groupBy(measurements, ({ contender, kind }) => `${contender} ${kind}`)) {
    let saturation = 0
    const ascending = [...groupBy(rates, ({ perSecond }) => perSecond)].sort(([a], [b]) => a - b)
    for (const [perSecond, rounds] of ascending) {
      if (rounds.filter((each) => each.keptUp).length * 2 <= rounds.length) break
      saturation = perSecond
    }
    largest[`${name} kept up with requests/s`] = saturation
  }
  return largest
}

/** Ours against each other gateway's processor time. */
function ratiosOf(cpu: ReadonlyMap<string, number>): Record<string, number> {
  const ratios: Record<string, number> = {}
  for (const [name, theirs] of cpu) {
    const [contender = '', ...rate] = name.split(' ')
    const ours = cpu.get(['foretoken', ...rate].join(' '))
    if (ours === undefined || !PEERS.includes(contender)) continue
    ratios[`foretoken cpu/${name} cpu`] = rounded(ours / theirs)
  }
  return ratios
}

const PEERS = ['portkey', 'litellm']

function groupBy<T, Key>(items: readonly T[], keyOf: (item: T) => Key): Map<Key, T[]> {
  const groups = new Map<Key, T[]>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}
