import type { RoutingResult, RoutingWorld } from '../routing/simulate.ts'
import type { Comparison } from '../scheduler/scenarios.ts'
import type { Tally } from '../scheduler/tally.ts'
import { percent, section } from './table.ts'

export interface Compared {
  readonly comparison: Comparison
  readonly tallies: readonly Tally[]
}

/** Of the baselines that stand for what platforms do; “busiest first” is one that nobody asked for, and is told apart. */
export const COMMON = ['4,000 new tokens', 'everybody every day', 'round robin']

export function comparisonTable({ comparison, tallies }: Compared): string {
  const oracle = tallies.find(({ name }) => name === 'oracle')
  const rows = tallies.map((each) => [
    each.name,
    percent(each.savedMs / staticMs(each)),
    percent(each.trainingMs / each.targetMs, 3),
    each.ratio.toFixed(1),
    oracle ? percent(each.savedMs / oracle.savedMs, 0) : '',
    oracle ? percent(each.ratio / oracle.ratio, 0) : '',
    each.runs,
    percent(each.promoted / Math.max(1, each.runs), 0),
    percent(each.lostMs / each.targetMs, 3),
    Math.round(each.waitedHoursMax),
  ])
  const head = [
    '',
    'target time saved',
    'training time',
    'saved ÷ training',
    'saved, of the oracle',
    'saved ÷ training, of the oracle',
    'runs',
    'promoted',
    'lost to bad drafts',
    'longest wait, h',
  ]
  return section(comparison.title, comparison.text, head, rows)
}

export function targetTable(all: readonly Compared[]): string {
  const rows = all.flatMap(({ comparison, tallies }) => {
    const of = (name: string) => tallies.find((each) => each.name === name)
    const [own, best] = [of('policy'), of('oracle')]
    const common = tallies.filter(({ name }) => COMMON.includes(name))
    const rival = Math.max(...common.map(({ ratio }) => ratio))
    const busiest = of('busiest first')
    if (!own || !best || common.length === 0) return []
    return [
      [
        comparison.title,
        `${(own.ratio / rival).toFixed(2)} (1.5)`,
        busiest ? (own.ratio / busiest.ratio).toFixed(2) : 'not played',
        `${percent(own.savedMs / best.savedMs, 0)} (80 %)`,
        `${percent(own.ratio / best.ratio, 0)} (80 %)`,
      ],
    ]
  })
  const text =
    'In brackets what was wanted. Saved target time for each second of training, by the policy ÷ by the best of token count, timer and round robin; the same ÷ by training the busiest first, a baseline beyond those; and against the oracle, of whose total and of whose ratio. Where the budget is loose the oracle leaves half of it alone, since it knows who gains nothing; nobody else can know that without a try.'
  return section(
    'Targets',
    text,
    ['', '÷ best baseline', '÷ busiest first', 'saved, of the oracle', 'saved ÷ training, of the oracle'],
    rows,
  )
}

export function routingTable(results: readonly RoutingResult[], world: RoutingWorld): string {
  const rows = results.map(({ router, coldShare, latencyP50Ms, latencyP99Ms, balance }) => [
    router,
    percent(coldShare, 1),
    Math.round(latencyP50Ms),
    Math.round(latencyP99Ms),
    balance.toFixed(2),
  ])
  const text = `${world.requests} requests of ${world.tenants} tenants by Zipf’s law on ${world.workers} workers of ${world.sequences} sequences, ${percent(world.utilisation, 0)} busy; ${world.serviceMs} ms a request and ${world.coldMs} ms more where its tenant is not hot; each worker has ${world.tenantsHotMax} tenants in memory; three restarts. All assumed. Balance: requests of the busiest worker ÷ of the average one. “Bounded hashing” is what the gateway did before.`
  return section('Routing', text, ['', 'cold starts', 'p50, ms', 'p99, ms', 'balance'], rows)
}

function staticMs({ targetMs, savedMs }: Tally): number {
  return targetMs + savedMs
}
