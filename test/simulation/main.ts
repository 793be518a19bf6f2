/**
 * `npm run sim`: the platform's policies in virtual time, the code that decides being the real one.
 *
 * Core idea: a world that knows what policies can only guess (each tenant's true gain, its future traffic), played hour by
 * hour under one strategy after another. Every strategy meets the same world; what had to be assumed of it stands where it
 * is assumed (`scheduler/gains.ts`, `scheduler/world.ts`, `routing/world.ts`).
 *
 * `--quick` plays a small world and writes nothing; `--seed N` plays another one, and writes nothing either.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { commit, describeMachine } from '../benchmarks/report.ts'
import { savedChart } from './report/chart.ts'
import { scaleTable } from './report/scale.ts'
import { type Compared, comparisonTable, routingTable, targetTable } from './report/tables.ts'
import { ROUTERS } from './routing/routers.ts'
import { simulateRouting } from './routing/simulate.ts'
import { ROUTING_WORLD } from './routing/world.ts'
import { comparisonsOf, QUICK_WORLD } from './scheduler/scenarios.ts'
import { simulate } from './scheduler/simulate.ts'
import type { PolicyLog } from './scheduler/strategies/strategy.ts'
import type { Tally } from './scheduler/tally.ts'
import { WORLD } from './scheduler/world.ts'

const METHOD = `Measured here, and drawn from: what drafts gain by kind of traffic (6 to 38 % for templates, 0 to 2 % else), how gain
grows with tokens, what a run costs, what a draft of other traffic loses. Assumed: how tenants share out among the kinds, how
often traffic changes, how long tenants stay, how noisy a request is. Sources are in \`test/simulation/scheduler\`. All
strategies have the same budget, gates and worker-side guard; the policy alone sends candidates through shadow and canary.`

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' } },
})
const seed = Number(values.seed)
const world = { ...(values.quick ? QUICK_WORLD : WORLD), seed }
const routingWorld = { ...ROUTING_WORLD, seed, requests: values.quick ? 15_000 : ROUTING_WORLD.requests }
const command = `npm run sim${values.quick ? ' -- --quick' : ''}${seed === 1 ? '' : ` -- --seed ${seed}`}`
const startedMs = performance.now()
const say = (text: string) =>
  console.error(`${((performance.now() - startedMs) / 1_000).toFixed(0).padStart(5)} s  ${text}`)

const routing = ROUTERS.map((name) => simulateRouting(routingWorld, name))
say('routing is done')
let log: PolicyLog | undefined
const compared = comparisonsOf(world).map((comparison): Compared => {
  const tallies = comparison.strategies.map((make) => {
    const strategy = make()
    const tally = simulate(comparison.scenario, strategy)
    log ??= strategy.log
    say(`${comparison.title}: ${tally.name} saves ${tally.ratio.toFixed(1)} ms for each of training`)
    return tally
  })
  return { comparison, tallies }
})

const first = compared[0]
const tables = [
  targetTable(compared),
  ...compared.map(comparisonTable),
  first?.tallies[0] && log ? scaleTable(first.tallies[0], log, world.days) : '',
  routingTable(routing, routingWorld),
]
console.log(tables.join('\n'))
if (!values.quick && seed === 1) await publish()

async function publish(): Promise<void> {
  const folder = new URL('../benchmarks/results/scheduler/', import.meta.url)
  await mkdir(folder, { recursive: true })
  const origin = {
    command,
    seed,
    commit: commit(),
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
  }
  const heading = `# The policies, simulated\n\n\`${command}\` on ${origin.date}, commit ${origin.commit}, seed ${seed}, ${origin.machine}.\n`
  const about = `${world.tenants.toLocaleString('en-US')} tenants by Zipf’s law, ${world.days} days, a round every four hours. ${METHOD}\n`
  const picture = '![Target time that drafts save, by day](saved.svg)\n'
  await writeFile(new URL('scheduler.md', folder), [heading, about, picture, ...tables].join('\n'))
  await writeFile(new URL('saved.svg', folder), savedChart(first?.tallies ?? []))
  const raw = {
    ...origin,
    seconds: Math.round((performance.now() - startedMs) / 1_000),
    world,
    routing: { world: routingWorld, results: routing },
    scheduler: compared.map(({ comparison: { title, scenario }, tallies }) => ({
      title,
      scenario,
      tallies: tallies.map(rawOf),
    })),
    decisions: Object.fromEntries(log?.decisions ?? []),
  }
  await writeFile(new URL('scheduler.json', folder), `${JSON.stringify(raw, null, 1)}\n`)
}

function rawOf({ savedByDay, trainingByDay, ...tally }: Tally) {
  const rounded = (values: Float64Array) => [...values].map(Math.round)
  return { ...tally, savedMsByDay: rounded(savedByDay), trainingMsByDay: rounded(trainingByDay) }
}
