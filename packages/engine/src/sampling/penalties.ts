import type { SamplingParameters } from '../request.ts'

/**
 * Logit bias and penalties, in vLLM's order: bias, then repetition, frequency and presence penalty. The repetition
 * penalty (Keskar et al., CTRL, 2019) sees prompt and completion; frequency and presence see the completion only, as
 * OpenAI defines them. Bias is plain addition: ±100 merely outweighs any usual logit.
 *
 * Work per draw is proportional to the distinct tokens concerned, not to the vocabulary.
 */
export class Penalties {
  private readonly bias: readonly (readonly [id: number, bias: number])[]
  /** Distinct tokens of prompt and completion; stays empty while the repetition penalty is off. */
  private readonly seen = new Set<number>()
  /** Occurrences in the completion; stays empty while both other penalties are off. */
  private readonly counts = new Map<number, number>()
  private readonly repeats: boolean
  private readonly counted: boolean

  /** Ids outside the vocabulary are ignored: a request that has some is not admitted. */
  constructor(
    private readonly parameters: SamplingParameters,
    prompt: readonly number[],
    private readonly vocabularySize: number,
  ) {
    this.repeats = parameters.repetitionPenalty !== 1
    this.counted = parameters.frequencyPenalty !== 0 || parameters.presencePenalty !== 0
    this.bias = [...parameters.logitBias].filter(([id, bias]) => this.knows(id) && bias !== 0)
    if (this.repeats) for (const token of prompt) if (this.knows(token)) this.seen.add(token)
  }

  /** Whether any draw of this sequence can be affected. */
  get active(): boolean {
    return this.repeats || this.counted || this.bias.length > 0
  }

  commit(token: number): void {
    if (!this.knows(token)) return
    if (this.repeats) this.seen.add(token)
    if (this.counted) this.counts.set(token, (this.counts.get(token) ?? 0) + 1)
  }

  /** @param scores [≥ V] raw logits, changed in place */
  apply(scores: Float64Array): void {
    const { repetitionPenalty, frequencyPenalty, presencePenalty } = this.parameters
    for (const [id, bias] of this.bias) scores[id] = (scores[id] ?? 0) + bias
    for (const id of this.seen) {
      const score = scores[id] ?? 0
      scores[id] = score > 0 ? score / repetitionPenalty : score * repetitionPenalty
    }
    for (const [id, count] of this.counts) {
      scores[id] = (scores[id] ?? 0) - frequencyPenalty * count - presencePenalty
    }
  }

  private knows(id: number): boolean {
    return id >= 0 && id < this.vocabularySize
  }
}
