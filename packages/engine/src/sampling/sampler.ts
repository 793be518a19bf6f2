import type { SamplingKernelSequence } from '@foretoken/native'
import type { SamplingParameters, TokenLogprob } from '../request.ts'
import { argmax } from './argmax.ts'
import { applyFilters, hasFilters } from './filters.ts'
import { drawToken } from './gumbel.ts'
import { tokenLogprob } from './logprobs.ts'
import { applyMask } from './mask.ts'
import { Noise } from './noise.ts'
import { Penalties } from './penalties.ts'
import type { Workspace } from './workspace.ts'

/** Below this temperature sampling is greedy, as in vLLM: the quotient would leave the range of numbers. */
const GREEDY_TEMPERATURE = 1e-5

export function isGreedy({ temperature }: Pick<SamplingParameters, 'temperature'>): boolean {
  return temperature < GREEDY_TEMPERATURE
}

/**
 * Draws the tokens of one sequence. Processors run in vLLM's order: mask, bias, penalties → temperature → min-p → top-k →
 * top-p; then the token is argmax(score + noise), or at temperature 0 the argmax, lowest id on ties.
 *
 * A draw is a function of (parameters, choice, position, logits, committed tokens). It has no other state, so calling
 * it twice or out of order changes nothing; only `commit` moves the sequence on. In verification, row i is drawn after
 * the tokens before it were committed, hence penalties count accepted draft tokens exactly as plain decoding would.
 *
 * Where the compiled kernel is, it draws; the code here is what it must agree with, to the token, and decides what the
 * kernel leaves (see SamplingKernel). A draw at V = 4,096 takes it 2 µs (greedy) to 11 µs (top-p), and 6 to 190 µs
 * without; sampler.bench.ts has the figures.
 */
export class Sampler {
  private readonly penalties: Penalties
  private readonly noise: Noise
  private readonly greedy: boolean
  private readonly filtered: boolean
  /** Absent where there is no kernel. */
  private readonly sequence: SamplingKernelSequence | undefined

  constructor(
    private readonly parameters: SamplingParameters,
    choice: number,
    prompt: readonly number[],
    private readonly vocabularySize: number,
    private readonly workspace: Workspace,
  ) {
    this.penalties = new Penalties(parameters, prompt, vocabularySize)
    this.noise = new Noise(parameters.seed, choice)
    this.greedy = isGreedy(parameters)
    this.filtered = hasFilters(parameters)
    const { temperature, minP, topK, topP, seed } = parameters
    const lnMinP = minP > 0 ? Math.log(minP) : -Infinity
    const { greedy } = this
    this.sequence = workspace.kernel?.sequence({ greedy, temperature, lnMinP, topK, topP, seed, choice })
  }

  /**
   * The token at `position` (prompt included, from 0). Does not commit it.
   *
   * @param logits row [V] at `offset`; −∞ forbids a token
   * @param mask [⌈V / 32⌉] forbids the tokens whose bit is 0
   * @throws NumericError when the row is no distribution
   */
  sample(logits: Float32Array, offset: number, position: number, mask?: Uint32Array): number {
    const { scores } = this.workspace
    const penalised = this.penalties.active
    if (penalised) {
      this.load(logits, offset)
      this.penalties.apply(scores)
    }
    const token = this.compiledDraw(logits, offset, position, mask)
    if (token >= 0) return token
    if (this.greedy && !penalised && !mask) return argmax(logits, offset, this.vocabularySize)
    if (!penalised) this.load(logits, offset)
    if (mask) applyMask(scores, mask, this.vocabularySize)
    return this.greedy ? argmax(scores, 0, this.vocabularySize) : this.draw(position)
  }

  /** The sequence took this token; later draws see it in their penalties. */
  commit(token: number): void {
    this.penalties.commit(token)
  }

  /** Raw log-softmax of `token` and the `top` likeliest tokens, before temperature, bias and penalties. */
  logprobs(logits: Float32Array, offset: number, token: number, top: number): TokenLogprob {
    return tokenLogprob(logits, offset, this.vocabularySize, token, top, this.workspace.kernel)
  }

  /** −1 where there is no kernel, or it leaves the draw to the reference. */
  private compiledDraw(logits: Float32Array, offset: number, position: number, mask: Uint32Array | undefined): number {
    const { sequence } = this
    const { kernel, scores } = this.workspace
    if (!kernel || !sequence) return -1
    if (this.penalties.active) {
      return mask
        ? kernel.drawPenalisedMasked(scores, mask, sequence, position)
        : kernel.drawPenalised(scores, sequence, position)
    }
    return mask
      ? kernel.drawMasked(logits, offset, mask, sequence, position)
      : kernel.draw(logits, offset, sequence, position)
  }

  private load(logits: Float32Array, offset: number): void {
    this.workspace.scores.set(logits.subarray(offset, offset + this.vocabularySize))
  }

  /** The reference of the kernel's draws, from the workspace's scores. */
  private draw(position: number): number {
    const { scores } = this.workspace
    this.scale()
    const likeliest = argmax(scores, 0, this.vocabularySize)
    if (this.filtered) applyFilters(this.workspace, scores[likeliest] ?? 0, this.parameters)
    this.noise.moveTo(position)
    return drawToken(scores, likeliest, this.noise)
  }

  private scale(): void {
    const { scores } = this.workspace
    const inverse = 1 / this.parameters.temperature
    for (let id = 0; id < this.vocabularySize; id++) scores[id] = (scores[id] ?? 0) * inverse
  }
}
