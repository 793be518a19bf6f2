import { median, rounded } from '../../../report.ts'
import { POLICIES } from '../ablation/ablation.ts'
import type { TimedWay, WayName } from '../arms.ts'
import { calibrationByPosition, type PositionCalibration } from '../calibration.ts'
import type { LearningResult } from '../play.ts'
import type { TenantResult } from '../tenant.ts'

export interface Summary {
  readonly medians: Readonly<Record<string, number>>
  readonly ratios: Readonly<Record<string, number>>
  /** Of all tenants' points together: one tenant has too few at the later positions. */
  readonly calibration: Readonly<Record<'static' | 'adaptive', readonly PositionCalibration[]>>
}

/** Medians over tenants; `unseen` are those whose kind of traffic the static draft was never trained on. */
export function summarise(result: LearningResult): Summary {
  const { tenants } = result
  const [seen, unseen] = [tenants.filter((each) => each.seen), tenants.filter((each) => !each.seen)]
  const calibration = {
    static: calibrationByPosition(tenants.flatMap(({ measured }) => measured.points.static)),
    adaptive: calibrationByPosition(tenants.flatMap(({ measured }) => measured.points.adaptive)),
  }
  const medians = finite({
    'static acceptance length, its domains': over(seen, (each) => accepted(each, 'static chain')),
    ...groupMedians('unseen', unseen),
    ...groupMedians('all', tenants),
    'tokens until 80 % of the gain': over(unseen, ({ tokensUntil80 }) => tokensUntil80 ?? Number.NaN),
    'training seconds': over(tenants, ({ adapter }) => adapter.seconds),
    ...openQuestionsMedians(result),
    'adapter bytes': over(tenants, ({ adapter }) => adapter.bytes),
    'adapter read ms': over(tenants, ({ swap }) => swap.readMs),
    'adapter read longest piece ms': over(tenants, ({ swap }) => swap.longestPieceMs),
    'adapter swap ms': over(tenants, ({ swap }) => swap.swapMs),
    'static calibration error, worst position': worstError(calibration.static),
    'adaptive calibration error, worst position': worstError(calibration.adaptive),
  })
  return { medians, ratios: finite({ ...tenantRatios(tenants, unseen), ...otherRatios(result) }), calibration }
}

export function accepted({ measured }: TenantResult, way: WayName): number {
  return measured.ways[way].acceptanceLength
}

/** Committed tokens per second of all requests together. */
export function rate(tenant: TenantResult, way: TimedWay): number {
  return tenant.measured.ways[way].tokensPerSecond
}

/** Median over requests of one way's time ÷ another's. */
export function faster({ measured }: TenantResult, way: TimedWay, than: TimedWay): number {
  const [own, other] = [measured.ways[way].requests.ms, measured.ways[than].requests.ms]
  return median(own.map((ms, at) => (other[at] ?? Number.NaN) / ms))
}

/** Positions with fewer points say more about luck than about calibration. */
export const POINTS_MIN = 300

export function worstError(positions: readonly PositionCalibration[]): number {
  return Math.max(...positions.filter(({ points }) => points >= POINTS_MIN).map(({ error }) => error))
}

/** Adapter ÷ full fine-tune, both by replay of the same held-out requests. */
export function ofFineTune({ curve, fineTuned }: TenantResult): number {
  return (curve.at(-1)?.acceptanceLength ?? Number.NaN) / (fineTuned?.acceptanceLength ?? Number.NaN)
}

function groupMedians(name: string, tenants: readonly TenantResult[]): Record<string, number> {
  const chains = ['suffix chain', 'static chain', 'adaptive chain', 'static+suffix', 'auto'] as const
  const timed = ['suffix', 'static', 'adaptive', 'static+suffix', 'auto'] as const
  const entries = [
    ...chains.map((way) => [`${name} ${way} acceptance length`, over(tenants, (each) => accepted(each, way))] as const),
    ...timed.map((way) => [`${name} ${way} speed-up`, over(tenants, (each) => faster(each, way, 'none'))] as const),
  ]
  return Object.fromEntries(entries)
}

function openQuestionsMedians({ openQuestions }: LearningResult): Record<string, number> {
  if (!openQuestions) return {}
  const { none, static: alone } = openQuestions.ways
  return {
    'open questions, plain tokens/s': none.tokensPerSecond,
    'open questions, static tokens/s': alone.tokensPerSecond,
    'open questions, static acceptance length': alone.acceptanceLength,
    'open questions, static speed-up': alone.speedUp.total,
  }
}

function tenantRatios(tenants: readonly TenantResult[], unseen: readonly TenantResult[]): Record<string, number> {
  const best = (each: TenantResult, ways: readonly WayName[]) => Math.max(...ways.map((way) => accepted(each, way)))
  const fasterThanEach = (each: TenantResult) =>
    Math.min(faster(each, 'auto', 'suffix'), faster(each, 'auto', 'adaptive'))
  return {
    'adaptive/static': over(unseen, (each) => accepted(each, 'adaptive chain') / accepted(each, 'static chain')),
    'adaptive/full fine-tune': over(unseen, ofFineTune),
    'auto/best of suffix and adaptive': over(
      unseen,
      (each) => accepted(each, 'auto') / best(each, ['suffix chain', 'adaptive chain']),
    ),
    'auto/best of suffix and adaptive, all by the controller': over(
      unseen,
      (each) => accepted(each, 'auto') / best(each, ['suffix', 'adaptive']),
    ),
    'auto/best of suffix and adaptive, tokens/s': over(unseen, fasterThanEach),
    'auto/plain tokens/s': over(tenants, (each) => faster(each, 'auto', 'none')),
    'auto/static tokens/s, unseen': over(unseen, (each) => faster(each, 'auto', 'static')),
    'auto/static+suffix tokens/s, unseen': over(unseen, (each) => faster(each, 'auto', 'static+suffix')),
    'auto/plain tokens/s, slowest tenant': Math.min(...tenants.map(({ measured }) => measured.ways.auto.speedUp.total)),
  }
}

function otherRatios({
  adversaries,
  ablation,
  fullStatic,
  shift,
  whileTraining,
}: LearningResult): Record<string, number> {
  const adaptive = ablation.filter(({ arm }) => arm === 'adaptive')
  const policies = POLICIES.filter((policy) => policy !== 'controller').map((policy) => {
    const ratio = median(adaptive.map(({ speedUp }) => speedUp.controller / speedUp[policy]))
    return [`controller/${policy} (simulated)`, ratio] as const
  })
  const [met, ...retrained] = shift?.points ?? []
  return {
    ...Object.fromEntries(adversaries.map(({ name, auto }) => [`auto/plain tokens/s, ${name}`, auto.speedUp.total])),
    ...Object.fromEntries(policies),
    'beside training/alone, tokens/s': whileTraining?.goodput ?? Number.NaN,
    'beside training/alone, slowest request': whileTraining?.slowestRequest ?? Number.NaN,
    'adaptive/static of all domains': median(fullStatic.map((each) => each.adaptive / each.static)),
    'after a shift: retrained/adapter of the new domain alone':
      (retrained.at(-1)?.onNew ?? Number.NaN) / (shift?.native ?? 1),
    'after a shift: old domain, retrained/before': (retrained.at(-1)?.onOld ?? Number.NaN) / (met?.onOld ?? 1),
  }
}

function over(tenants: readonly TenantResult[], value: (tenant: TenantResult) => number): number {
  return median(tenants.map(value))
}

/** What a corpus or the options left out has no figure. */
function finite(values: Readonly<Record<string, number>>): Record<string, number> {
  const there = Object.entries(values).filter(([, value]) => Number.isFinite(value))
  return Object.fromEntries(there.map(([name, value]) => [name, rounded(value)]))
}
