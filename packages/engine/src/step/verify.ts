import type { Sequence } from '../sequence.ts'

/**
 * Draws the target's own token at each row and goes on while it equals the draft (design 3.3). The output is thereby
 * the target's sample whatever the draft was; a draft only decides how many tokens one run commits.
 *
 * Row i is drawn after the tokens before it were committed, so penalties see them exactly as plain decoding would.
 *
 * @param logits [R, V] of the run
 * @param firstRow the row that predicts the token after the sequence's last committed one
 * @returns how many draft tokens were accepted; committed are those and, unless the sequence ended, one more
 */
export function verify(
  sequence: Sequence,
  drafts: readonly number[],
  logits: Float32Array,
  firstRow: number,
  vocabulary: number,
): number {
  const { topLogprobs } = sequence.job.request
  for (let accepted = 0; ; accepted++) {
    const offset = (firstRow + accepted) * vocabulary
    const token = sequence.sampler.sample(logits, offset, sequence.tokens.length)
    const logprob =
      topLogprobs === undefined ? undefined : sequence.sampler.logprobs(logits, offset, token, topLogprobs)
    sequence.commit(token, logprob)
    const agrees = accepted < drafts.length && token === drafts[accepted]
    if (!agrees) return accepted
    if (sequence.finished) return accepted + 1
  }
}
