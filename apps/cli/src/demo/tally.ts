import type { Completion } from './completion.ts'

/** The same request, plain and speculative. */
export interface Pair {
  readonly tenant: string
  /** 0: prompts the tenant sends for the first time; later rounds repeat them. */
  readonly round: number
  readonly plain: Completion
  readonly auto: Completion
}

export interface TenantResult {
  readonly tenant: string
  readonly requests: number
  readonly plainTokensPerSecond: number
  readonly autoTokensPerSecond: number
  readonly speedUp: number
  /** By round: what changes once the tenant's own traffic is known. */
  readonly speedUpByRound: readonly number[]
  /** Tokens per verification step of the speculative runs. */
  readonly acceptanceLength: number | null
  /** Share of the speculative runs' steps by arm. */
  readonly armShares: Readonly<Record<string, number>>
  readonly draftVersion: string | null
  readonly identical: boolean
}

/** What the pairs of one tenant add up to. Rates are totals over totals, so that long answers weigh more. */
export function tally(tenant: string, pairs: readonly Pair[]): TenantResult {
  const own = pairs.filter((pair) => pair.tenant === tenant)
  const plain = own.map((pair) => pair.plain)
  const auto = own.map((pair) => pair.auto)
  const rounds = [...new Set(own.map((pair) => pair.round))].sort((a, b) => a - b)
  const ofRound = (round: number) => own.filter((pair) => pair.round === round)
  return {
    tenant,
    requests: plain.length + auto.length,
    plainTokensPerSecond: tokensPerSecond(plain),
    autoTokensPerSecond: tokensPerSecond(auto),
    speedUp: speedUp(own),
    speedUpByRound: rounds.map((round) => speedUp(ofRound(round))),
    acceptanceLength: acceptanceLength(auto),
    armShares: armShares(auto),
    draftVersion: auto.at(-1)?.speculation.draft_version ?? null,
    identical: own.length > 0 && own.every((pair) => pair.plain.text === pair.auto.text),
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

function tokensPerSecond(completions: readonly Completion[]): number {
  const ms = sum(completions.map((each) => each.ms))
  return ms === 0 ? 0 : (1000 * sum(completions.map((each) => each.completionTokens))) / ms
}

/** The answers have the same tokens, so the ratio of rates is the ratio of times. */
function speedUp(pairs: readonly Pair[]): number {
  const plain = tokensPerSecond(pairs.map((pair) => pair.plain))
  return plain === 0 ? 0 : tokensPerSecond(pairs.map((pair) => pair.auto)) / plain
}

function acceptanceLength(completions: readonly Completion[]): number | null {
  const steps = sum(completions.map((each) => each.speculation.num_spec_steps))
  const accepted = sum(completions.map((each) => each.speculation.num_accepted_draft_tokens))
  return steps === 0 ? null : 1 + accepted / steps
}

function armShares(completions: readonly Completion[]): Record<string, number> {
  const steps: Record<string, number> = {}
  for (const { speculation } of completions) {
    for (const [arm, share] of Object.entries(speculation.arm_shares)) {
      steps[arm] = (steps[arm] ?? 0) + share * speculation.num_spec_steps
    }
  }
  const total = sum(Object.values(steps))
  return Object.fromEntries(Object.entries(steps).map(([arm, count]) => [arm, total === 0 ? 0 : count / total]))
}
