import type { CostPoint, DraftArtifact, DraftPrecision } from '@foretoken/drafting'
import type { WeightFormat } from '@foretoken/model'
import { CHAIN } from '../static-draft/evaluate.ts'
import type { ReplayedTrace } from '../train/replay.ts'
import { type ChainCosts, chainCostsOf, stepCosts } from './costs.ts'
import { bestLookahead, expectedGoodput } from './goodput.ts'
import { type Contender, chainAcceptance, gainInterval, type HeldOut, replayed } from './judge.ts'
import type { BringUpOptions, BringUpReport, VerdictFigures } from './types.ts'

/** Trained to the end. */
export interface Finalist {
  readonly name: string
  readonly artifact: DraftArtifact
  readonly chain: ChainCosts
}

type Verdict = Pick<BringUpReport, 'precision' | 'verdicts' | 'overRunnerUp' | 'overIncumbent'>
type TargetCosts = Partial<Record<WeightFormat, readonly CostPoint[]>>

/** One draft in one precision, its lookahead chosen by the requests that select. */
interface Judged extends Contender {
  readonly key: string
  readonly precision: DraftPrecision
  /** On the requests that select. */
  readonly promise: number
  readonly figures: VerdictFigures
}

/**
 * How good the finalists are where nothing was chosen by: the winner first, each in the precision in which it did better
 * on the requests that select, and the draft that serves now beside them.
 */
export async function verdictOn(
  finalists: readonly Finalist[],
  heldOut: HeldOut,
  target: TargetCosts,
  options: BringUpOptions,
): Promise<Verdict> {
  const { incumbent, tables } = options
  const judged: Judged[][] = []
  for (const { name, artifact, chain } of finalists) {
    const own: Judged[] = []
    for (const precision of ['int8', 'fp32'] as const) {
      const subject = { key: `${name}, ${precision}`, artifact, chain: chain[precision], precision }
      own.push(await judge(subject, heldOut, target, options))
    }
    judged.push(own)
  }
  const serving = incumbent && {
    ...{ key: 'incumbent', artifact: incumbent, precision: incumbent.precision ?? ('int8' as const) },
    chain: await chainCostsOf(incumbent, tables),
  }
  const rival = serving && (await judge(serving, heldOut, target, options))
  const [winner, runnerUp] = judged.map((own) =>
    own.reduce((best, each) => (each.promise > PRECISION_GAIN_MIN * best.promise ? each : best)),
  )
  const all = [...judged.flat(), ...(rival ? [rival] : [])]
  return {
    precision: winner?.precision ?? 'int8',
    verdicts: Object.fromEntries(all.map(({ key, figures }) => [key, figures])),
    overRunnerUp: winner && runnerUp ? gainInterval(winner, runnerUp) : null,
    overIncumbent: winner && rival ? gainInterval(winner, rival) : null,
  }
}

/** What fp32 has to gain before it is taken instead of the 8 bits that all else was judged in: clocks differ by less. */
const PRECISION_GAIN_MIN = 1.02

interface Subject {
  readonly key: string
  readonly artifact: DraftArtifact
  readonly precision: DraftPrecision
  readonly chain: readonly CostPoint[]
}

async function judge(
  { key, artifact, precision, chain }: Subject,
  { selection, verdict }: HeldOut,
  target: TargetCosts,
  options: BringUpOptions,
): Promise<Judged> {
  const { weights, onProgress } = options
  onProgress({ phase: 'judge', what: key, done: 0, total: selection.length + verdict.length })
  const all = await replayed(artifact, [...selection, ...verdict], { ...options, precision })
  const chosen = new Set(selection)
  const selecting = all.filter(({ trace }) => chosen.has(trace))
  // Where there are too few requests to judge by, what selected has to say something about itself.
  const judging = verdict.length > 0 ? all.filter(({ trace }) => !chosen.has(trace)) : selecting
  const costsOf = (format: WeightFormat) => stepCosts(target[format] ?? [], chain)
  const costs = costsOf(weights[0])
  const { goodput: promise, lookahead } = bestLookahead(selecting, CHAIN, costs)
  const figures = {
    ...{ goodput: expectedGoodput(judging, lookahead, costs), lookahead },
    acceptanceLength: chainAcceptance(judging),
    speedUps: Object.fromEntries(weights.map((format) => [format, speedUp(selecting, judging, costsOf(format))])),
  }
  return { key, precision, promise, replayed: judging, lookahead, costs, figures }
}

function speedUp(
  selecting: readonly ReplayedTrace[],
  judging: readonly ReplayedTrace[],
  costs: ReturnType<typeof stepCosts>,
): number {
  const { lookahead } = bestLookahead(selecting, CHAIN, costs)
  return expectedGoodput(judging, lookahead, costs) * costs.targetMs(1)
}
