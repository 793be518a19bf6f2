import {
  type CostPoint,
  CostTable,
  type DraftArtifact,
  type DraftPrecision,
  decodeDraft,
  encodeDraft,
  RecurrentDraft,
  RecurrentSpeculator,
} from '@foretoken/drafting'
import { measureDrafts, measureTarget } from '@foretoken/engine'
import { loadModel, type TokenTables, type WeightFormat } from '@foretoken/model'
import type { UntrainedDraft } from '../static-draft/learnable.ts'
import { seededRandom } from '../train/random.ts'
import { initialState } from '../train/training-run.ts'
import type { StepCosts } from './goodput.ts'

/**
 * What runs of the target take, as a worker measures it at its start, up to SEQUENCES at once. Those of one sequence, by
 * which drafts are judged, are measured several times: noise only ever adds.
 */
export async function targetCosts(model: string, weights: WeightFormat, threads: number): Promise<CostPoint[]> {
  const { target } = await loadModel(model, { weights, threads })
  try {
    const all = await measureTarget(target, { sequencesMax: SEQUENCES })
    const rounds: CostPoint[][] = []
    for (let round = 1; round < ROUNDS; round++) rounds.push(await measureTarget(target, { sequencesMax: 1 }))
    const again = lowest(rounds)
    return all.map((point) => {
      const same = again.find(({ batch, length }) => batch === point.batch && length === point.length)
      return { ...point, ms: Math.min(point.ms, same?.ms ?? point.ms) }
    })
  } finally {
    await target.close()
  }
}

export type ChainCosts = Readonly<Record<DraftPrecision, readonly CostPoint[]>>

/**
 * What chains of drafts of these shapes take for one sequence, on one thread as in a worker. They are measured before
 * they are trained, all in the same minute and in turns: a busy moment of the machine would else make one shape look
 * dear. The lowest of all rounds counts.
 */
export async function chainCosts(
  drafts: readonly UntrainedDraft[],
  tables: TokenTables,
  signal: AbortSignal,
): Promise<ChainCosts[]> {
  const opened = await Promise.all(drafts.map((draft) => openBoth(untrainedArtifact(draft), tables)))
  try {
    const rounds: ChainCosts[][] = []
    for (let round = 0; round < ROUNDS; round++) {
      const costs: ChainCosts[] = []
      for (const { int8, fp32 } of opened) {
        signal.throwIfAborted()
        costs.push({ int8: await chainMs(int8), fp32: await chainMs(fp32) })
      }
      rounds.push(costs)
    }
    return opened.map((_, at) => {
      const all = rounds.flatMap((costs) => costs[at] ?? [])
      return { int8: lowest(all.map((each) => each.int8)), fp32: lowest(all.map((each) => each.fp32)) }
    })
  } finally {
    for (const { int8, fp32 } of opened) await Promise.all([int8.close(), fp32.close()])
  }
}

/** The same of one draft that is there already. */
export async function chainCostsOf(artifact: DraftArtifact, tables: TokenTables): Promise<readonly CostPoint[]> {
  const draft = await RecurrentDraft.open(artifact, tables, { threads: 1 })
  try {
    const rounds: CostPoint[][] = []
    for (let round = 0; round < ROUNDS; round++) rounds.push(await chainMs(draft))
    return lowest(rounds)
  } finally {
    await draft.close()
  }
}

/** What a step of one sequence takes. */
export function stepCosts(target: readonly CostPoint[], chain: readonly CostPoint[]): StepCosts {
  const table = new CostTable(target, [{ static: chain }])
  return {
    targetMs: (rows) => table.targetMs(1, rows),
    draftMs: (lookahead) => table.draftMs('static', 1, lookahead),
  }
}

/** Largest batch of the table. */
const SEQUENCES = 8
const ROUNDS = 3

async function openBoth(artifact: DraftArtifact, tables: TokenTables) {
  const open = (weights: DraftPrecision) => RecurrentDraft.open(artifact, tables, { weights, threads: 1 })
  return { int8: await open('int8'), fp32: await open('fp32') }
}

/** Values don't matter to the time that they take. */
function untrainedArtifact({ shape, tokens, draft }: UntrainedDraft): DraftArtifact {
  const { parameters } = initialState(draft.parameters, seededRandom(1))
  return decodeDraft(encodeDraft({ target: '', shape, tokens, parameters, acceptance: [] }))
}

async function chainMs(draft: RecurrentDraft): Promise<CostPoint[]> {
  const [costs] = await measureDrafts([new RecurrentSpeculator(draft)], { sequencesMax: 1 })
  return [...(costs?.static ?? [])]
}

function lowest(rounds: readonly (readonly CostPoint[])[]): CostPoint[] {
  return (rounds[0] ?? []).map((point, at) => {
    return { ...point, ms: Math.min(...rounds.map((round) => round[at]?.ms ?? Number.POSITIVE_INFINITY)) }
  })
}
