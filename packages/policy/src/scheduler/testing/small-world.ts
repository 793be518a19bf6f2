import type { DecisionKind } from '../decision.ts'
import type { PairedGain } from '../promotion/bootstrap.ts'
import { decideRound } from '../round.ts'
import type { Rules } from '../rules.ts'
import type { Place, TenantState } from '../state.ts'
import { TenantRecord } from './tenant-record.ts'

interface SmallWorld {
  readonly seed: number
  readonly tenants: number
  readonly rounds: number
  readonly rules: Rules
}

export interface Step {
  readonly at: number
  readonly nowMs: number
  readonly records: readonly TenantRecord[]
  /** Training compute of this period. */
  readonly spentMs: number
  readonly trained: readonly string[]
  readonly trainedBefore: readonly { readonly before: TenantState }[]
  readonly kinds: readonly DecisionKind[]
  readonly bytes: Readonly<Record<Place, number>>
  /** Of each tenant: steps in a row that a draft worse than the static one served. */
  readonly badSteps: readonly number[]
  readonly drifted: number
}

/** What is true of a tenant, which the policy can only guess. */
interface Truth {
  readonly requestsPerRound: number
  gain: number
  /** Of the draft that serves it. */
  liveGain: number
  trialGain: number
  run: { readonly endsAt: number; readonly tokens: number } | null
  badSteps: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const [TOKENS_PER_REQUEST, STATIC_TOKENS, DEVIATION] = [100, 2, 1.5]

/** Rounds of decisions that are carried out, over tenants whose traffic drifts; `watch` sees the state after each. */
export function play({ seed, tenants, rounds, rules }: SmallWorld, watch: (step: Step) => void): void {
  const draw = drawsOf(seed)
  const records = Array.from({ length: tenants }, (_, at) => new TenantRecord(`ten_${at}`))
  const truths = records.map(
    (): Truth => ({
      requestsPerRound: 0.5 + 40 * draw() ** 3,
      gain: gainOf(draw),
      liveGain: 0,
      trialGain: 0,
      run: null,
      badSteps: 0,
    }),
  )
  let spentMs = 0
  for (let at = 0; at < rounds; at++) {
    const nowMs = at * HOUR_MS
    const periodStartMs = Math.floor(nowMs / DAY_MS) * DAY_MS
    if (periodStartMs === nowMs) spentMs = 0
    let drifted = 0
    for (const [index, record] of records.entries()) {
      const truth = truths[index]
      if (truth && live(record, truth, { at, nowMs, rules, draw })) drifted++
    }
    const step = {
      trained: [] as string[],
      trainedBefore: [] as { before: TenantState }[],
      kinds: [] as DecisionKind[],
    }
    const byName = new Map(records.map((record, index) => [record.tenant, index]))
    const changes = [...decideRound({ tenants: records, budget: { periodStartMs, spentMs } }, nowMs, rules).changes]
    for (const decision of changes) {
      const index = byName.get(decision.tenant) ?? 0
      const [record, truth] = [records[index], truths[index]]
      if (!record || !truth) continue
      step.kinds.push(decision.kind)
      if (decision.kind === 'train') {
        step.trained.push(decision.tenant)
        step.trainedBefore.push({ before: { ...record } })
        spentMs += decision.inputs.costMs ?? 0
        truth.run = { endsAt: at + 1, tokens: decision.inputs.tokens ?? 0 }
      }
      if (record.apply(decision, nowMs) === 'live') truth.liveGain = truth.trialGain
    }
    watch({
      at,
      nowMs,
      records,
      spentMs,
      ...step,
      bytes: bytesOf(records),
      badSteps: truths.map((each) => each.badSteps),
      drifted,
    })
  }
}

interface Moment {
  readonly at: number
  readonly nowMs: number
  readonly rules: Rules
  readonly draw: () => number
}

/** An hour of one tenant; true when its traffic became another. */
function live(record: TenantRecord, truth: Truth, { at, nowMs, rules, draw }: Moment): boolean {
  const noise = () => draw() + draw() + draw() + draw() - 2 // deviation 0.58
  const requests = Math.floor(truth.requestsPerRound + draw())
  const tokens = requests * TOKENS_PER_REQUEST
  record.observeTraffic({ requests, tokens, targetMs: 3 * tokens }, 1 / 24, nowMs, rules)
  const steps = Math.round(tokens / STATIC_TOKENS)
  const mean = (of: number, count: number) => of + (DEVIATION / 0.58) * (noise() / Math.sqrt(Math.max(1, count)))
  const own = record.live ? Math.round(steps * (record.arm === 'adaptive' ? 0.9 : 0.05)) : 0
  record.observeArm('static', { mean: mean(STATIC_TOKENS, steps - own), count: steps - own }, rules)
  record.observeArm('adaptive', { mean: mean(STATIC_TOKENS * (1 + truth.liveGain), own), count: own }, rules)
  truth.badSteps = record.live && record.arm === 'adaptive' && truth.liveGain < 0 ? truth.badSteps + own : 0
  judge(record, truth, requests, noise)
  if (truth.run && truth.run.endsAt <= at) {
    const gain = truth.gain + 0.05 * noise()
    record.endRun({ atMs: nowMs, promoted: gain > 0.07, gain, tokens: truth.run.tokens })
    truth.trialGain = truth.gain
    truth.run = null
  }
  if (draw() < 0.002) record.learning = !record.learning
  if (draw() < 0.002) record.control = draw() < 0.5 ? 'held' : 'ordered'
  else if (record.control === 'held' && draw() < 0.02) record.control = 'auto'
  if (draw() >= 0.003) return false
  truth.gain = gainOf(draw)
  if (record.live) truth.liveGain = -0.2
  truth.trialGain = -0.2
  return true
}

/** Requests that a trial judges, each with its noise. */
function judge(record: TenantRecord, { trialGain, liveGain }: Truth, requests: number, noise: () => number): void {
  const { trial } = record
  if (!trial) return
  const judged = trial.requests + requests
  const over = (rival: number): PairedGain => {
    const gain = (1 + trialGain) / (1 + rival) + (0.2 * noise()) / Math.sqrt(Math.max(1, judged))
    return { gain, lower: gain - 0.2 / Math.sqrt(Math.max(1, judged)) }
  }
  const rivals = { 'the static draft': over(0), ...(record.live && { 'the current adapter': over(liveGain) }) }
  record.trial = { ...trial, requests: judged, over: rivals }
}

function bytesOf(records: readonly TenantRecord[]): Record<Place, number> {
  const bytes = { hot: 0, disk: 0, store: 0, 'cheap-parts': 0, nowhere: 0 }
  for (const { live } of records)
    if (live) bytes[live.place] += live.place === 'cheap-parts' ? live.cheapBytes : live.bytes
  return bytes
}

/** Half of the tenants gain nothing. */
function gainOf(draw: () => number): number {
  return draw() < 0.5 ? 0.01 : 0.06 + 0.32 * draw()
}

/** Mulberry32 (Ettinger 2017): short, and enough for a test. */
function drawsOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
