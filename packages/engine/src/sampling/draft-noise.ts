import type { DraftSampling } from '@foretoken/drafting'
import { gumbel, Noise } from './noise.ts'

/**
 * A sequence's sampling noise as drafts see it (DraftSampling): the same random words as {@link Noise}, the logarithms
 * from a table. A draft that draws with slightly wrong noise is a slightly worse draft; output never depends on it.
 */
export function draftSampling(temperature: number, seed: bigint, choice: number, rows: NoiseRows): DraftSampling {
  const noise = new Noise(seed, choice)
  return { temperature, seed, choice, gumbel: (position, token) => rows.of(noise, position, token) }
}

/**
 * Noise of one sequence at one position, in blocks of four tokens that are computed when first asked for. Drafts are
 * drawn one after the other, so all sequences of an engine share one.
 */
export class NoiseRows {
  /** [V padded to a multiple of 4] */
  private readonly values: Float32Array
  /** The draw that a block's values belong to. */
  private readonly owners: Uint32Array
  private draw = 0
  private noise: Noise | undefined
  private position = -1

  constructor(vocabularySize: number) {
    const blocks = Math.ceil(vocabularySize / 4)
    this.values = new Float32Array(4 * blocks)
    this.owners = new Uint32Array(blocks)
  }

  of(noise: Noise, position: number, token: number): number {
    if (noise !== this.noise || position !== this.position) this.turn(noise, position)
    const block = token >> 2
    if (this.owners[block] !== this.draw) this.load(noise, block)
    return this.values[token] ?? 0
  }

  private turn(noise: Noise, position: number): void {
    this.noise = noise
    this.position = position
    this.draw = (this.draw + 1) >>> 0
    if (this.draw === 0) this.owners.fill(0xffffffff)
    noise.moveTo(position)
  }

  private load(noise: Noise, block: number): void {
    noise.load(block)
    this.owners[block] = this.draw
    for (let lane = 0; lane < 4; lane++) this.values[4 * block + lane] = roughGumbel(noise.words[lane] ?? 0)
  }
}

/**
 * {@link gumbel} of a word to within 0.004 wherever it is above 0, where draws are decided; within 0.1 above −2.
 * Indexed by the exponent and the next 9 bits of 1 − u, so that the upper tail keeps its resolution.
 */
export function roughGumbel(word: number): number {
  const rest = ~word >>> 0
  const zeros = Math.clz32(rest)
  return TABLE[(zeros << MANTISSA_BITS) | (((rest << zeros) >>> (31 - MANTISSA_BITS)) & MANTISSA_MASK)] ?? 0
}

const MANTISSA_BITS = 9
const MANTISSA_MASK = (1 << MANTISSA_BITS) - 1

const TABLE = Float32Array.from({ length: 33 << MANTISSA_BITS }, (_, index) => {
  const zeros = index >> MANTISSA_BITS
  const rest = zeros === 32 ? 0 : 2 ** (31 - zeros) * (1 + ((index & MANTISSA_MASK) + 0.5) / 2 ** MANTISSA_BITS)
  return gumbel(2 ** 32 - 1 - rest)
})
