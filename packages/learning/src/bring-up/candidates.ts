import { type DraftArtifact, decodeDraft, encodeDraft } from '@foretoken/drafting'
import type { Fitted } from '../static-draft/fit.ts'
import { fitStaticDraft } from '../static-draft/fit.ts'
import { type Learnable, rounded, type UntrainedDraft, untrainedDraft } from '../static-draft/learnable.ts'
import { promptsDigest } from '../static-draft/prompts.ts'
import { STATIC_SHAPE } from '../static-draft/shape.ts'
import { trainingIdentity } from '../static-draft/train.ts'
import { seededRandom } from '../train/random.ts'
import { TrainingRun } from '../train/training-run.ts'
import { type ShapeChoice, shapeName } from './shapes.ts'
import type { BringUpOptions } from './types.ts'

export interface Candidate {
  /** Of what it is: where the answers have fewer tokens than a vocabulary was to have, it has those. */
  readonly name: string
  readonly choice: ShapeChoice
  readonly untrained: UntrainedDraft
}

/** One for each shape that is different. */
export function candidatesOf({ shapes, tables }: BringUpOptions, { training }: Learnable): Candidate[] {
  const byName = new Map<string, Candidate>()
  for (const { state, vocabulary, chain } of shapes) {
    const shape = { ...STATIC_SHAPE, stateSize: state, vocabularySize: vocabulary }
    const untrained = untrainedDraft(shape, training, tables)
    const choice = { state, vocabulary: untrained.tokens.length, chain }
    const name = shapeName(choice)
    if (!byName.has(name)) byName.set(name, { name, choice, untrained })
  }
  return [...byName.values()]
}

export interface FitTo {
  readonly steps: number
  readonly until: number
  /** Folder of its checkpoint. */
  readonly folder: string
  readonly onStep: (step: number, loss: number) => void
}

/** Trains a candidate on, or reads what training left. */
export async function fitCandidate(
  { name, choice, untrained }: Candidate,
  { examples }: Learnable,
  { steps, until, folder, onStep }: FitTo,
  options: BringUpOptions,
): Promise<Fitted> {
  const { prompts, completionTokensMax, sampledShare } = options
  const data = {
    prompts: promptsDigest(prompts),
    'completion tokens': String(completionTokensMax),
    'sampled share': String(sampledShare),
    positions: String(examples.length),
  }
  const identity = trainingIdentity({ ...options, shape: untrained.shape, data, steps }, choice.chain)
  const { reading } = untrained
  const checkpoint = checkpointKey(folder, name)
  const depth = choice.chain
  return await fitStaticDraft(
    untrained.draft,
    { examples, reading },
    { ...options, identity, steps, until, checkpoint, depth, onStep },
  )
}

export const checkpointKey = (folder: string, name: string) => `${folder}/${name}.safetensors`

/** What a step of training takes here. */
export async function paceOf(
  { choice, untrained }: Candidate,
  { examples }: Learnable,
  { batch, learningRate, threads, clock }: BringUpOptions,
): Promise<number> {
  const { draft, reading } = untrained
  const options = { batch, steps: PACE_STEPS, learningRate, weightDecay: 0, loss: { depth: choice.chain }, threads }
  const run = await TrainingRun.open(draft, { examples, reading }, options, seededRandom(1))
  let fastest = Number.POSITIVE_INFINITY
  try {
    while (!run.done) {
      const startedMs = clock()
      await run.step()
      fastest = Math.min(fastest, clock() - startedMs)
    }
  } finally {
    await run.close()
  }
  return fastest
}

/** The first one allocates. */
const PACE_STEPS = 3

/** The weights as they would be stored, to be judged. */
export function artifactOf({ untrained }: Candidate, { parameters }: Fitted, target: string): DraftArtifact {
  const { shape, tokens } = untrained
  return decodeDraft(encodeDraft({ target, shape, tokens, parameters: rounded(untrained, parameters), acceptance: [] }))
}
