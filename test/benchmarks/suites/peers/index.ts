import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { targetFingerprint } from '@foretoken/model'
import { commit, type Report } from '../../report.ts'
import type { SuiteOptions } from '../../suite.ts'
import { readWorkloads, refuse, type Workload } from '../learning/corpus.ts'
import { Parts } from '../learning/parts.ts'
import { type Traffic, trafficOf } from '../learning/tenant.ts'
import type { World } from '../learning/world.ts'
import { type Comparison, compare, PRECISIONS } from './compare.ts'
import { OUR_WAYS } from './foretoken.ts'
import { openLlamaCpp } from './llama-cpp.ts'
import type { Timings } from './measure.ts'
import { LLAMA_THREADS, type PeerSettings, settingsFor, THREADS } from './settings.ts'
import { agreeing, summarise } from './summary.ts'

export const readsCorpus = true
export const playsTargets = true

/**
 * Foretoken beside llama.cpp, on the same weights, prompts and cores, greedy: tenants whose adapters learned from their
 * first requests ask their later ones, one at a time and several at once, of both in turns. llama.cpp is fed token ids
 * of a GGUF file that is written here, so neither weights nor tokenisation differ; how often its answers are the same to
 * the last token is part of the result.
 *
 * transformers.js and onnxruntime-genai are left out. The former runs only ONNX exports whose whole cache goes in and
 * comes out at each step, which nothing here writes; the latter has no npm package.
 */
export async function run({ quick, corpus, target }: SuiteOptions): Promise<Report> {
  const settings = settingsFor(target, quick)
  const started = performance.now()
  const log = (line: string) =>
    console.error(`${((performance.now() - started) / 1_000).toFixed(0).padStart(5)} s  ${line}`)
  const workloads = chosen(await readWorkloads(corpus, settings.learning.heldOut, target).catch(refuse), settings)
  const [load = 0] = loadavg()
  if (load > BUSY) log(`${load.toFixed(1)} processes are running. ${SPINNING}`)
  const llamaCpp = await openLlamaCpp()
  if (!llamaCpp.ok) log(`llama.cpp is left out, and Foretoken measured alone: ${llamaCpp.reason}`)
  const peer = llamaCpp.ok ? llamaCpp.llama.llamaCppRelease : { leftOut: llamaCpp.reason }
  const parts = await Parts.open(join(KEPT, `${target.name}-${quick ? 'quick' : 'full'}`), {
    settings,
    workloads: digest(workloads),
    commit: commit(),
    target: await targetFingerprint(target.folders.target),
  })
  const options = { settings, target, llamaCpp, folder: GGUF, parts, log, traffic: trafficsOf(workloads) }
  const comparisons: Comparison[] = []
  const precisions = PRECISIONS.filter(({ precision }) => target.precisions.includes(precision))
  for (const precision of precisions) comparisons.push(check(await compare(precision, options)))
  await parts.delete()
  await rm(GGUF, { recursive: true, force: true })
  const { compared, ...summary } = summarise(comparisons)
  for (const [ratio, { ours, theirs }] of Object.entries(compared)) log(`${ratio}: ${ours} against ${theirs}`)
  return {
    suite: 'peers',
    ...summary,
    raw: {
      settings,
      threads: { ours: THREADS, llamaCpp: LLAMA_THREADS },
      load,
      llamaCpp: peer,
      compared,
      ...rawOf(comparisons),
    },
  }
}

/** Mean number of running processes in the last minute above which the comparison is not worth keeping. */
const BUSY = 1.5
const SPINNING = 'llama.cpp’s threads spin while they wait for a core, so its figures will be too low.'

const KEPT = fileURLToPath(new URL('../../../../.foretoken/bench/peers', import.meta.url))
/** Half a gigabyte of a larger target. */
const GGUF = join(KEPT, 'gguf')

/** The tenants of the settings; where there are others, the first. */
function chosen(workloads: readonly Workload[], { tenants }: PeerSettings): Workload[] {
  const named = workloads.filter(({ domain }) => tenants.includes(domain))
  return named.length === tenants.length ? named : workloads.slice(0, tenants.length)
}

const trafficsOf = (workloads: readonly Workload[]) => async (world: World) => {
  const traffics = new Map<string, Traffic>()
  for (const workload of workloads) traffics.set(workload.domain, await trafficOf(world, workload))
  return traffics
}

/** No draft may change a byte. In 8 bits a run's row count may change one by rounding, and then only the share is kept. */
function check(comparison: Comparison): Comparison {
  const { precision, singly, together } = comparison
  for (const timings of precision === 'fp32' ? [singly, ...together.values()] : []) {
    const different = OUR_WAYS.find((way) => agreeing(timings, way) < 1)
    if (different) throw new Error(`${different} changed the output.`)
  }
  return comparison
}

function rawOf(comparisons: readonly Comparison[]) {
  const figures = (timings: Timings) =>
    Object.fromEntries(
      [...timings].map(([name, timed]) => [
        name,
        { tokens: timed.map(({ tokens }) => tokens.length), ms: timed.map(({ ms }) => Number(ms.toFixed(2))) },
      ]),
    )
  return Object.fromEntries(
    comparisons.map(({ precision, singly, together, demoted }) => [
      precision,
      {
        'batch 1': figures(singly),
        ...Object.fromEntries([...together].map(([batch, timings]) => [`batch ${batch}`, figures(timings)])),
        agreeing: Object.fromEntries([...singly.keys()].map((name) => [name, agreeing(singly, name)])),
        demoted: Object.fromEntries(demoted),
      },
    ]),
  )
}

const digest = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex')
