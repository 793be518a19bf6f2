import { rounded } from '../../../report.ts'
import { POLICIES } from '../ablation/ablation.ts'
import { TIMED_WAYS, type TimedWay, type WayName } from '../arms.ts'
import type { PositionCalibration } from '../calibration.ts'
import type { LearningResult } from '../play.ts'
import type { TenantResult } from '../tenant.ts'
import { accepted, ofFineTune, type Summary } from './summary.ts'
import { type Target, targetsOf } from './targets.ts'

export type Cell = string | number | null | undefined

/** A heading, what the figures are, and a table. */
export function section(
  title: string,
  text: string,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = line(head.map((_, column) => (column === 0 ? '---' : '---:')))
  const body = rows.map((cells) => line(cells.map(shown)))
  return [`## ${title}`, '', text, '', line(head), rule, ...body, ''].join('\n')
}

export function targetTable(summary: Summary): string {
  const verdict = ({ reached }: Target) => (reached === undefined ? 'not measured' : reached ? 'yes' : '**no**')
  const rows = targetsOf(summary).map((each) => [each.what, each.wanted, each.measured, verdict(each)])
  return section('Targets', 'Medians over tenants unless said otherwise.', ['', 'target', 'measured', 'reached'], rows)
}

export function acceptanceTable({ tenants }: LearningResult): string {
  const ways: readonly WayName[] = ['suffix chain', 'static chain', 'adaptive chain', 'static+suffix', 'auto']
  return section(
    'Acceptance length',
    'Committed tokens per verification step on held-out requests. Chains have 8 tokens whether or not that pays (neural ones end where they are unlikely to survive); in the last two columns the controller decides.',
    ['tenant', ...ways],
    tenants.map((each) => [named(each), ...ways.map((way) => accepted(each, way))]),
  )
}

export function speedTable({ tenants }: LearningResult): string {
  const ways = TIMED_WAYS.filter((way) => way !== 'none')
  const cell = ({ measured }: TenantResult, way: TimedWay) => {
    const { median, total } = measured.ways[way].speedUp
    return `${median.toFixed(2)} (${total.toFixed(2)})`
  }
  return section(
    'Speed-up over plain decoding',
    'End to end, batch 1, prefill included: median over requests, and in brackets the ratio of the total times. The lookahead is the controller’s.',
    ['tenant', 'plain tokens/s', ...ways, 'auto, decoding alone'],
    tenants.map((each) => [
      named(each),
      each.measured.ways.none.tokensPerSecond,
      ...ways.map((way) => cell(each, way)),
      each.measured.ways.auto.speedUp.decoding,
    ]),
  )
}

export function learningTable({ tenants }: LearningResult): string {
  return section(
    'Learning',
    'Acceptance length by replay of held-out requests (chains of 8, full precision). Training seconds are of one thread; a part of the tokens is held out for the gate, as in a tenant’s run.',
    ['tenant', 'tokens', 'static', 'adapter', 'full fine-tune', 'adapter ÷ full', 'tokens to 80 %', 'seconds', 'KiB'],
    tenants.map((each) => [
      named(each),
      String(each.traffic.tokens),
      each.curve[0]?.acceptanceLength,
      each.curve.at(-1)?.acceptanceLength,
      each.fineTuned?.acceptanceLength,
      each.fineTuned ? ofFineTune(each) : null,
      each.tokensUntil80 === null ? null : String(each.tokensUntil80),
      each.adapter.seconds,
      String(Math.round(each.adapter.bytes / 1_024)),
    ]),
  )
}

export function shiftTable({ shift }: LearningResult): string {
  if (!shift) return section('Shift', 'Not measured: it takes two tenants that the static draft never saw.', [''], [])
  const { from, to, points, native, oldTokens } = shift
  return section(
    'Shift',
    `A tenant moves from ${from} to ${to}: acceptance length as its adapter is retrained on the ${oldTokens} old tokens and so many new ones. An adapter of ${to} alone reaches ${native.toFixed(2)}.`,
    ['', `on ${to}`, `on ${from}`],
    [
      ['static', shift.static.onNew, shift.static.onOld],
      ...points.map((each) => [`after ${each.newTokens} new tokens`, each.onNew, each.onOld]),
    ],
  )
}

export function fullStaticTable({ fullStatic }: LearningResult): string {
  const text =
    'Acceptance length by replay of held-out requests, on top of the static draft trained further on the traffic of all tenants.'
  const rows = fullStatic.map((each) => [each.domain, each.static, each.adaptive, each.adaptive / each.static])
  return section('Static draft of all domains', text, ['tenant', 'static', 'adaptive', 'ratio'], rows)
}

export function adversaryTable({ adversaries }: LearningResult): string {
  return section(
    'Adversaries',
    'Traffic that drafts can’t profit from, with an adapter of other traffic in place and nothing warmed up. Random text: prompts of random tokens at temperature 1.5.',
    ['tenant', 'requests', 'auto ÷ plain tokens/s', 'decoding alone', 'acceptance length', 'adapter'],
    adversaries.map(({ name, requests, auto, demoted }) => [
      name,
      String(requests),
      auto.speedUp.total,
      auto.speedUp.decoding,
      auto.acceptanceLength,
      demoted ? 'taken out of service' : 'kept',
    ]),
  )
}

export function whileTrainingTable({ whileTraining }: LearningResult): string {
  const rows = whileTraining ? [[String(whileTraining.pairs), whileTraining.goodput, whileTraining.slowestRequest]] : []
  return section(
    'Serving while a tenant is trained',
    'The same requests with the adaptive arm, while a process of the trainer’s priority fits an adapter and while it is stopped, in turns: median of the pairs, and the request that suffered most.',
    ['requests', 'tokens/s, training ÷ alone', 'slowest request, training ÷ alone'],
    rows,
  )
}

export function calibrationTable({ calibration }: Summary): string {
  const row = (arm: string) => (each: PositionCalibration) => [
    `${arm}, ${each.position + 1}`,
    String(each.points),
    ...[each.promised, each.accepted, each.error, each.noise].map(percent),
  ]
  return section(
    'Calibration',
    'Draft tokens of forced chains that were reached, all tenants together: promised chance of acceptance against outcome. Error: expected calibration error over 10 bins of equal size; noise: what a perfectly calibrated arm would show with as many points.',
    ['arm, position', 'points', 'promised', 'accepted', 'error', 'noise'],
    [...calibration.static.map(row('static')), ...calibration.adaptive.map(row('adaptive'))],
  )
}

export function ablationTable({ ablation }: LearningResult): string {
  return section(
    'Controller',
    'Tokens/s relative to plain decoding, simulated on replayed held-out requests with the measured cost table; one arm at a time, so only the way the lookahead is set differs. The oracle knows all outcomes.',
    ['tenant, arm', ...POLICIES],
    ablation.map(({ domain, arm, speedUp }) => [`${domain}, ${arm}`, ...POLICIES.map((policy) => speedUp[policy])]),
  )
}

export function swapTable({ tenants }: LearningResult): string {
  return section(
    'Swap',
    'Milliseconds. Reading an adapter happens beside serving, in pieces; the swap itself is between two steps. First draft: how much longer it takes than later ones.',
    ['tenant', 'read', 'longest piece', 'swap', 'first draft'],
    tenants.map(({ domain, swap }) => [domain, swap.readMs, swap.longestPieceMs, swap.swapMs, swap.firstDraftMs]),
  )
}

export function named({ domain, seen }: TenantResult): string {
  return seen ? `${domain} (static knows it)` : domain
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function shown(cell: Cell): string {
  if (cell === null || cell === undefined) return '–'
  return typeof cell === 'string' ? cell : String(rounded(cell))
}
