import type { Trace } from '@foretoken/engine'
import type { BenchTarget } from '../../bench-target.ts'
import { benchFolder } from '../../widened/folder.ts'
import { type Fitted, fitted } from './adapters.ts'
import { collect, upTo } from './collect.ts'
import { CorpusError, readWorkloads } from './corpus.ts'
import { Parts } from './parts.ts'
import { openModels, type Prompt } from './world.ts'

/** A domain as a tenant's: what it was served, what was learned from it, and what it asks later. */
export interface LearnedDomain {
  readonly domain: string
  readonly traces: readonly Trace[]
  readonly adapter: Fitted
  readonly later: readonly Prompt[]
}

export interface LearnOptions {
  readonly corpus?: string | undefined
  readonly quick: boolean
  readonly target: BenchTarget
  log(line: string): void
}

/** Completion tokens that each adapter learns from, later prompts, and how many domains there are. */
const FULL = { tokens: 10_000, heldOut: 200, domains: 4 }
const QUICK = { tokens: 2_000, heldOut: 100, domains: 2 }
/** Of a target other than the reference, in a quick run: it takes its time. */
const LARGE_QUICK = { tokens: 1_500, heldOut: 16, domains: 1 }

/**
 * Traffic and adapters of domains that the static draft never saw, for suites that need tenants like that and measure
 * something else. They are kept for the next run, by everything that they depend on.
 */
export async function learnDomains({ corpus, quick, target: bench, log }: LearnOptions): Promise<LearnedDomain[]> {
  const settings = quick ? (bench.isReference ? QUICK : LARGE_QUICK) : FULL
  const workloads = await readWorkloads(corpus, settings.heldOut, bench)
  const chosen = workloads.filter(({ seen }) => !seen).slice(0, settings.domains)
  if (chosen.length < settings.domains) {
    throw new CorpusError('There are too few domains that the static draft was not trained on.')
  }
  const { folders, precisions, completionTokensMax } = bench
  const models = await openModels({ folders, weights: precisions[0], completionTokensMax })
  const { artifact, target, tables } = models
  const identity = { settings, chosen, draft: artifact.contentHash, target, weights: precisions[0] }
  const parts = await Parts.open(benchFolder(`domains/${bench.name}-${quick ? 'quick' : 'full'}`), identity)
  const learned: LearnedDomain[] = []
  try {
    for (const { domain, first, later } of chosen) {
      const request = { name: domain, prompts: first, tokensMax: settings.tokens }
      const traces = upTo(await collect({ ...models, parts }, request), settings.tokens)
      const adapter = await fitted({ parts, artifact, tables }, { key: domain, tenant: domain, traces, threads: 2 })
      learned.push({ domain, traces, adapter, later })
      log(`${domain}: an adapter from ${traces.length} requests`)
    }
  } finally {
    await models.close()
  }
  return learned
}
