import type { CostPoint, DraftArtifact } from '@foretoken/drafting'
import { type CardFacts, renderCard } from '../static-draft/card.ts'
import { CHAIN } from '../static-draft/evaluate.ts'
import { grouped, table } from '../static-draft/markdown.ts'
import type { DraftCard } from '../static-draft/train.ts'
import type { BringUpReport, Interval, ShapeFigures, VerdictFigures } from './types.ts'

/** What the card of a target that was brought up says beside what was found. */
export interface BringUpFacts extends CardFacts {
  /** The target, as rows of name and value. */
  readonly target: readonly (readonly [string, string])[]
  readonly machine: string
  /** What a word says of the draft that served before: its name; null where there was none. */
  readonly incumbent: string | null
  /** Whether that one goes on serving. */
  readonly kept: boolean
}

/** The README of a target's draft: how it was chosen, and then what any static draft's card says. */
export function renderBringUp(
  draft: Omit<DraftArtifact, 'parameters' | 'tokens'>,
  { card, report }: { readonly card: DraftCard; readonly report: BringUpReport },
  facts: BringUpFacts,
): string {
  const parts = [
    renderCard(draft, card, facts).trimEnd(),
    '## How it was chosen',
    verdictSentence(report, facts),
    `On ${facts.machine}, in ${report.minutes.toFixed(1)} minutes. ${METHOD}`,
    ...shapesSection(report),
    ...finalistsSection(report, facts),
    '## Target',
    table(['', ''], facts.target),
    'Runs of one sequence were measured until their lowest times stayed where they were, those of several five times.',
    ...Object.entries(report.costs).flatMap(([format, points]) => costSection(format, points)),
  ]
  return `${parts.join('\n\n')}\n`
}

/** One sentence for people: what was chosen, and how sure that is. */
export function verdictSentence(report: BringUpReport, { incumbent, kept }: Pick<BringUpFacts, 'incumbent' | 'kept'>) {
  const own = report.verdicts[`${report.winner}, ${report.precision}`]
  const [weights = 'fp32', speedUp = 0] = Object.entries(own?.speedUps ?? {})[0] ?? []
  const parts = [
    `${report.winner} in ${report.precision} has the best expected goodput: ${times(speedUp)} plain decoding ` +
      `with chains of ${own?.lookahead ?? 0} (${weights} weights, batch 1)`,
    ...(report.overRunnerUp ? [`${interval(report.overRunnerUp)} the runner-up, ${report.runnerUp}`] : []),
    ...(report.overIncumbent ? [`${interval(report.overIncumbent)} ${incumbent ?? 'the draft that serves now'}`] : []),
  ]
  const slower = speedUp <= 1 ? ' No shape beats plain decoding here; the controller will seldom ask it.' : ''
  const stays = kept ? ` ${incumbent ?? 'The draft that serves now'} is better and goes on serving.` : ''
  return `${parts.join('; ')}.${slower}${stays}`
}

const METHOD =
  'Expected goodput is the tokens that chains of one length would have had committed on recorded requests, ÷ the ' +
  'milliseconds that their steps take by the cost table: a chain and a run over it for each. From every recorded hidden ' +
  'state the draft itself drafted, in the precision and with the sampling noise of service. Of the held-out requests ' +
  'every other one selects: which half of the shapes is trained further, and how long chains are. The rest judge the ' +
  'shapes that were trained to the end, and chose nothing. Costs are of one sequence; the controller, which sets the ' +
  'lookahead step by step, does better than chains of one length.'

function shapesSection({ shapes, requests, steps, winner }: BringUpReport): string[] {
  const formats = Object.keys(shapes.find(({ judged }) => judged)?.judged?.speedUps ?? {})
  const ranked = [...shapes].sort((a, b) => order(b) - order(a))
  return [
    '### Shapes that were tried',
    `State × draft vocabulary × trained chain. By successive halving to ${grouped(steps)} steps at most, so those that ` +
      `were dropped had fewer; figures are of ${requests.selection} requests that select, the draft in 8 bits.`,
    table(
      [
        ...['shape', 'parameters', 'training, ms a step', 'steps', `chain of ${CHAIN}, ms: int8, fp32`],
        ...['acceptance length', 'best chain', 'tokens/s', ...formats.map((format) => `÷ plain, ${format}`)],
      ],
      ranked.map(({ name, parameters, trainingMsPerStep, chainMs, judged }) => [
        name === winner ? `**${name}**` : name,
        `${(parameters / 1e6).toFixed(2)} M`,
        trainingMsPerStep.toFixed(0),
        grouped(judged?.step ?? 0),
        `${chainMs.int8.toFixed(2)}, ${chainMs.fp32.toFixed(2)}`,
        judged?.acceptanceLength.toFixed(2) ?? '-',
        String(judged?.lookahead ?? '-'),
        judged ? perSecond(judged.goodput) : '-',
        ...Object.values(judged?.speedUps ?? {}).map((speedUp) => speedUp.toFixed(2)),
      ]),
    ),
  ]
}

/** Those that came farther first, and of those the better. */
function order({ judged }: ShapeFigures): number {
  return judged ? judged.step + judged.goodput / (1 + judged.goodput) : 0
}

function finalistsSection({ verdicts, requests }: BringUpReport, { incumbent }: BringUpFacts): string[] {
  const formats = Object.keys(Object.values(verdicts)[0]?.speedUps ?? {})
  const row = ([key, figures]: readonly [string, VerdictFigures]) => [
    key === 'incumbent' ? (incumbent ?? key) : key,
    figures.acceptanceLength.toFixed(2),
    String(figures.lookahead),
    perSecond(figures.goodput),
    ...Object.values(figures.speedUps).map((speedUp) => speedUp.toFixed(2)),
  ]
  const which = requests.verdict > 0 ? `${requests.verdict} requests that chose nothing` : 'the requests that select'
  return [
    '### The finalists',
    `On ${which}: acceptance length with chains of ${CHAIN}, goodput with the chain that was chosen for it.`,
    table(
      ['draft', 'acceptance length', 'chain', 'tokens/s', ...formats.map((format) => `÷ plain, ${format}`)],
      Object.entries(verdicts).map(row),
    ),
  ]
}

function costSection(format: string, points: readonly CostPoint[] = []): string[] {
  const batches = [...new Set(points.map(({ batch }) => batch))]
  const lengths = [...new Set(points.map(({ length }) => length))]
  const ms = (batch: number, length: number) =>
    points.find((point) => point.batch === batch && point.length === length)?.ms.toFixed(2) ?? '-'
  return [
    `### What a run takes in ${format}, ms`,
    table(
      ['sequences, by rows of each', ...lengths.map(String)],
      batches.map((batch) => [String(batch), ...lengths.map((length) => ms(batch, length))]),
    ),
  ]
}

const times = (ratio: number) => `${ratio.toFixed(2)} times`
const perSecond = (goodput: number) => (1_000 * goodput).toFixed(0)

function interval({ gain, lower, upper }: Interval): string {
  return `${times(gain)} (${lower.toFixed(2)} to ${upper.toFixed(2)}, paired bootstrap, 90 %)`
}
