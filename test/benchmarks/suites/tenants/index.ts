import { rm } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { seededRandom } from '@foretoken/learning/training'
import { openObjectStore } from '@foretoken/storage'
import { startProgress } from '../../progress.ts'
import { type Report, rounded } from '../../report.ts'
import type { SuiteOptions } from '../../suite.ts'
import { benchFolder } from '../../widened/folder.ts'
import { refuse } from '../learning/corpus.ts'
import { learnDomains } from '../learning/learned.ts'
import { openModels } from '../learning/world.ts'
import { figuresOf } from './figures.ts'
import { playFlood } from './flood.ts'
import { measureCapacity, openLoop, play } from './loops.ts'
import { type Population, populate } from './population.ts'
import { measureServing, openServing, type Serving } from './serving.ts'
import { COUNTS, FULL, LOAD, QUICK, type Settings } from './settings.ts'
import { type Played, summarise } from './summary.ts'

export const readsCorpus = true

/**
 * Many tenants on one worker: 1, 8 and 64 of mixed domains, their popularity after Zipf, whose requests arrive by a
 * Poisson process at 0.7 of what a closed loop of the same mix was served; and one tenant that floods beside seven that
 * ask for little. Every scenario has an engine of its own that no tenant was served by before: adapters are loaded from
 * a store on disk when their tenants first ask.
 */
export async function run({ quick, corpus, target }: SuiteOptions): Promise<Report> {
  const log = startProgress()
  const settings = quick ? QUICK : FULL
  const domains = await learnDomains({ corpus, quick, target, log }).catch(refuse)
  const models = await openModels()
  const folder = benchFolder('tenants')
  await rm(folder, { recursive: true, force: true })
  const store = openObjectStore(pathToFileURL(folder).href)
  try {
    const population = await populate(models, domains, Math.max(...COUNTS), store)
    const costs = await measureServing(models)
    log('adapters stored, costs measured')
    const open = () => openServing(models, population, store, costs)
    return summarise(await playAll(open, population, settings, log), settings)
  } finally {
    await models.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function playAll(open: () => Serving, population: Population, settings: Settings, log: (line: string) => void) {
  const { capacitySeconds, openSeconds, floodSeconds, rounds } = settings
  const first = (count: number) => population.tenants.slice(0, count)
  const played: Played = { counts: [], floods: [] }
  await measureCapacity(open(), first(8), capacitySeconds / 2, seededRandom(0).uniform) // to warm up
  for (let round = 0; round < rounds; round++) {
    for (const count of COUNTS) {
      const draw = seededRandom(1 + round, count).uniform
      const capacity = await measureCapacity(open(), first(count), capacitySeconds, draw)
      const arrivals = openLoop(first(count), LOAD * capacity.requestsPerSecond, openSeconds, draw)
      const serving = open()
      const figures = figuresOf(await play(serving, arrivals, openSeconds), openSeconds)
      played.counts.push({ count, capacity, figures, demoted: serving.demoted.size })
      const speed = `${rounded(figures.tokensPerSecond)} tokens/s of ${rounded(capacity.tokensPerSecond)}`
      log(
        `tenants: ${count}, ${speed}, first token after ${rounded(figures.firstTokenMs.p50)} ms, ${figures.cold} cold`,
      )
    }
    const { capacity } = played.counts.findLast(({ count }) => count === 8) ?? {}
    const { requestsPerSecond = 1 } = capacity ?? {}
    const draw = seededRandom(100 + round).uniform
    const flood = await playFlood(open, first(8), { requestsPerSecond, seconds: floodSeconds, draw })
    played.floods.push(flood)
    log(
      `flood: light tenants ${rounded(flood.slowdown.p50)}× slower, ${flood.light.refused} of ${flood.light.requests} refused`,
    )
  }
  return played
}
