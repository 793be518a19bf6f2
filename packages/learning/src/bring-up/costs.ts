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
import { lowest, settled } from './settled.ts'

/** What runs of the target take, as a worker measures it at its start, up to SEQUENCES at once. */
export async function targetCosts(model: string, weights: WeightFormat, threads: number): Promise<CostPoint[]> {
  const { target } = await loadModel(model, { weights, threads })
  try {
    const all = await measureTarget(target, { sequencesMax: SEQUENCES })
    // Drafts are judged by one sequence, whose runs are the shortest, and suffer the most from other load.
    const [alone = []] = await settled(async () => [await measureTarget(target, { sequencesMax: 1 })])
    return lowest([all, alone])
  } finally {
    await target.close()
  }
}

export type ChainCosts = Readonly<Record<DraftPrecision, readonly CostPoint[]>>

/**
 * What chains of drafts of these shapes take for one sequence, on one thread as in a worker. They are measured before
 * they are trained, all in the same minute and in turns: a busy moment of the machine would else make one shape look
 * dear.
 */
export async function chainCosts(
  drafts: readonly UntrainedDraft[],
  tables: TokenTables,
  signal: AbortSignal,
): Promise<ChainCosts[]> {
  const opened: RecurrentDraft[] = []
  try {
    for (const draft of drafts) {
      for (const weights of ['int8', 'fp32'] as const) {
        opened.push(await RecurrentDraft.open(untrainedArtifact(draft), tables, { weights, threads: 1 }))
      }
    }
    const costs = await settled(async () => {
      const round: CostPoint[][] = []
      for (const draft of opened) {
        signal.throwIfAborted()
        round.push(await chainMs(draft))
      }
      return round
    })
    return drafts.map((_, at) => ({ int8: costs[2 * at] ?? [], fp32: costs[2 * at + 1] ?? [] }))
  } finally {
    for (const draft of opened) await draft.close()
  }
}

/** The same of one draft that is there already. */
export async function chainCostsOf(artifact: DraftArtifact, tables: TokenTables): Promise<readonly CostPoint[]> {
  const draft = await RecurrentDraft.open(artifact, tables, { threads: 1 })
  try {
    const [costs = []] = await settled(async () => [await chainMs(draft)])
    return costs
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
/** Values don't matter to the time that they take. */
function untrainedArtifact({ shape, tokens, draft }: UntrainedDraft): DraftArtifact {
  const { parameters } = initialState(draft.parameters, seededRandom(1))
  return decodeDraft(encodeDraft({ target: '', shape, tokens, parameters, acceptance: [] }))
}

async function chainMs(draft: RecurrentDraft): Promise<CostPoint[]> {
  const [costs] = await measureDrafts([new RecurrentSpeculator(draft)], { sequencesMax: 1 })
  return [...(costs?.static ?? [])]
}
