import { childOf, type DraftTree } from '@foretoken/drafting'
import type { Sequence } from '../sequence.ts'

/** How a sequence came through verification. */
export interface Verdict {
  /**
   * Rows of the sequence's feed that drew a token, from the leading one (0) on; row 1 + n belongs to node n of the tree.
   * As many as tokens were committed, and those whose cache rows are kept.
   */
  readonly rows: readonly number[]
  /** Draft tokens that the target agreed with. */
  readonly accepted: number
}

/**
 * Draws the target's own token at each row and goes on where a draft token equals it (design 3.3). The output is
 * thereby the target's sample whatever the drafts were; they only decide how many tokens one run commits.
 *
 * A row is drawn after the tokens before it were committed, so penalties see them exactly as plain decoding would.
 *
 * @param logits [R, V] of the run
 * @param firstRow the row that predicts the token after the sequence's last committed one
 */
export function verify(
  sequence: Sequence,
  tree: DraftTree,
  logits: Float32Array,
  firstRow: number,
  vocabulary: number,
): Verdict {
  const { topLogprobs } = sequence.job.request
  const rows: number[] = []
  for (let row = 0; ; ) {
    rows.push(row)
    const offset = (firstRow + row) * vocabulary
    const token = draw(sequence, logits, offset)
    const logprob =
      topLogprobs === undefined ? undefined : sequence.sampler.logprobs(logits, offset, token, topLogprobs)
    sequence.commit(token, logprob)
    const node = childOf(tree, row - 1, token)
    if (node < 0) return { rows, accepted: rows.length - 1 }
    if (sequence.finished) return { rows, accepted: rows.length }
    row = node + 1
  }
}

/** What has to follow needs no draw; of what can follow one token is drawn. */
function draw({ sampler, constraint, tokens }: Sequence, logits: Float32Array, offset: number): number {
  if (!constraint) return sampler.sample(logits, offset, tokens.length)
  const next = constraint.next()
  return typeof next === 'number' ? next : sampler.sample(logits, offset, tokens.length, next)
}
