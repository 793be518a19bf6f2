import type { Outcome, TenantState } from '../state.ts'

/** What is known of runs before one's own: how often they succeed, and what a successful one gains. */
export interface Expectations {
  readonly strata: readonly Tally[]
  readonly all: Tally
}

interface Tally {
  runs: number
  promoted: number
  /** Of promoted runs, as if each had learned from TOKENS_FULL. */
  gain: number
}

export interface Expected {
  readonly probability: number
  /** Goodput over the static draft, as a share, if the run succeeds. */
  readonly gain: number
}

/**
 * Part of its full gain that a draft reaches after so many tokens: a power law (Hestness et al., arXiv 1712.00409). The
 * exponent fits four tenants that were new to the static draft, 1 to 20 thousand tokens, with an error below 0.08
 * (`npm run bench -- learning` of 2026-11-26); nobody measured beyond.
 */
export function learnedShare(tokens: number): number {
  return Math.min(1, (Math.max(0, tokens) / TOKENS_FULL) ** EXPONENT)
}

const TOKENS_FULL = 20_000
const EXPONENT = 0.27

/**
 * The population's runs, by how well the static draft does already and by tokens. One pass over the tenants: what the
 * population taught is a function of the state too, and forgets who was deleted.
 */
export function expectationsOf(tenants: Iterable<TenantState>): Expectations {
  const strata = Array.from({ length: STATIC_STRATA * TOKEN_STRATA }, emptyTally)
  const all = emptyTally()
  for (const state of tenants) {
    for (const outcome of state.outcomes) {
      count(all, outcome)
      const stratum = strata[stratumOf(state, outcome.tokens)]
      if (stratum) count(stratum, outcome)
    }
  }
  return { strata, all }
}

/**
 * What a run on so many tokens can be expected to give. Success is a Beta-Bernoulli chain: the population's share is the
 * prior of a stratum's, which is the prior of the tenant's own; each counts as so many imagined runs. A run on fewer
 * tokens says less about one on more, and an old one less than a new one.
 */
export function expect(
  { strata, all }: Expectations,
  state: TenantState,
  tokens: number,
  { nowMs, halfLifeMs }: Clock,
): Expected {
  const stratum = strata[stratumOf(state, tokens)] ?? all
  const populationShare = (1 + all.promoted) / (2 + all.runs)
  const stratumShare = (STRATUM_RUNS * populationShare + stratum.promoted) / (STRATUM_RUNS + stratum.runs)
  const populationGain = (GAIN_PRIOR * STRATUM_RUNS + all.gain) / (STRATUM_RUNS + all.promoted)
  const stratumGain = (STRATUM_RUNS * populationGain + stratum.gain) / (STRATUM_RUNS + stratum.promoted)
  let [promoted, runs, gains] = [TENANT_RUNS * stratumShare, TENANT_RUNS, stratumGain]
  gains *= GAIN_WEIGHT
  let gainRuns = GAIN_WEIGHT
  for (const outcome of state.outcomes) {
    const fresh = 2 ** ((outcome.atMs - nowMs) / halfLifeMs)
    const heard = fresh * Math.min(1, learnedShare(outcome.tokens) / learnedShare(tokens))
    runs += heard
    if (outcome.promoted) promoted += heard
    gains += heard * fullGain(outcome)
    gainRuns += heard
  }
  return { probability: promoted / runs, gain: (gains / gainRuns) * learnedShare(tokens) }
}

interface Clock {
  readonly nowMs: number
  /** Of what an outcome says. */
  readonly halfLifeMs: number
}

/** Before anything is known: the middle of what templated traffic gained here. */
const GAIN_PRIOR = 0.15
const STRATUM_RUNS = 4
const TENANT_RUNS = 2
/**
 * What others gained says little once a gate has measured this tenant: gains differ by 0.1 among tenants, a gate errs by
 * 0.03 to 0.05, and the prior weighs as the square of the second over the first.
 */
const GAIN_WEIGHT = 0.2

const emptyTally = (): Tally => ({ runs: 0, promoted: 0, gain: 0 })

function count(tally: Tally, outcome: Outcome): void {
  tally.runs++
  if (!outcome.promoted) return
  tally.promoted++
  tally.gain += fullGain(outcome)
}

function fullGain({ gain, tokens }: Outcome): number {
  return gain / learnedShare(Math.max(1_000, tokens))
}

const [STATIC_STRATA, TOKEN_STRATA] = [4, 3]

/** Text that the static draft knows leaves little to gain: of 1.4 to 2.2 tokens a step drafts make 4, of 4.2 no more. */
function stratumOf({ static: { slow, count: steps } }: TenantState, tokens: number): number {
  const known = steps === 0 || slow < 1.6 ? 0 : slow < 2.2 ? 1 : slow < 3 ? 2 : 3
  const learned = tokens < 2_500 ? 0 : tokens < 8_000 ? 1 : 2
  return known * TOKEN_STRATA + learned
}
