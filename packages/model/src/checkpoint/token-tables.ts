import { type Checkpoint, openCheckpoint } from './checkpoint.ts'

/** The target's own view of its tokens, which drafts share and never train. */
export interface TokenTables {
  readonly vocabularySize: number
  readonly hiddenSize: number
  /** [V, d]: what a token looks like going in. */
  readonly embedding: Float32Array
  /** [V, d]: what the final hidden state is multiplied with to score each token; the embedding itself where tied. */
  readonly head: Float32Array
  /** A completion ends with any of these. */
  readonly endIds: readonly number[]
}

/** Reads both tables in full precision, whatever format the target itself runs in. Throws CheckpointError. */
export async function readTokenTables(source: string | Checkpoint): Promise<TokenTables> {
  const checkpoint = typeof source === 'string' ? await openCheckpoint(source) : source
  const { config, architecture, generation } = checkpoint
  const embedding = await checkpoint.floats(architecture.embedding)
  const head = config.tiedHead ? embedding : await checkpoint.floats(architecture.head)
  const { vocabularySize, hiddenSize } = config
  return { vocabularySize, hiddenSize, embedding, head, endIds: generation.eosIds }
}
