import type { AdapterValues, DraftArtifact } from '@foretoken/drafting'
import type { Trace } from '@foretoken/engine'
import { adapterTraining, Replay, type ReplayedTrace, staticTraining } from '@foretoken/learning/training'
import { CHAIN } from './settings.ts'
import type { World } from './world.ts'

const THREADS = 2

/** What the static draft would have done at every place of these traces, in chains of `depth` tokens. */
export async function replayStatic(
  { tables }: Pick<World, 'tables'>,
  { shape, parameters, tokens }: Pick<DraftArtifact, 'shape' | 'parameters' | 'tokens'>,
  traces: readonly Trace[],
  depth = CHAIN,
): Promise<ReplayedTrace[]> {
  const { trainable, reading } = staticTraining(shape, tokens, tables)
  const replay = await Replay.open(trainable, reading, depth, THREADS)
  try {
    return await replay.run(traces, parameters, trainable.parameters)
  } finally {
    await replay.close()
  }
}

/** The same with an adapter. */
export async function replayAdapter(
  { tables }: Pick<World, 'tables'>,
  artifact: DraftArtifact,
  { values, hotTokens }: AdapterValues,
  traces: readonly Trace[],
  depth = CHAIN,
): Promise<ReplayedTrace[]> {
  const { trainable, reading } = adapterTraining(artifact, tables, hotTokens)
  const replay = await Replay.open(trainable, reading, depth, THREADS)
  try {
    return await replay.run(traces, values, trainable.parameters)
  } finally {
    await replay.close()
  }
}
