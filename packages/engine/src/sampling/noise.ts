import { philox4x32 } from './philox.ts'

/** Fourth counter word. Other uses of the same seed must take another value, or they would repeat this noise. */
const SAMPLING_DOMAIN = 0x7361_6d70

/** No noise is larger: 1 − u ≥ 2⁻³³ and {@link noiseBound}. */
export const NOISE_MAX = 33 * Math.LN2

/**
 * Gumbel noise of one choice of one request: a function of (seed, choice, position, token id) and of nothing else, so
 * a token's noise is the same whichever other tokens survive the filters, whatever was drafted, and on every worker.
 *
 * Counter = (position, choice, token id >> 2, domain), key = seed; the four words of a block are the noise of four
 * neighbouring ids.
 */
export class Noise {
  /** words[j]: random bits of token 4·block + j at the current position. */
  readonly words = new Uint32Array(4)
  private position = 0
  private readonly key0: number
  private readonly key1: number

  /** @param seed unsigned, 64 bits */
  constructor(
    seed: bigint,
    private readonly choice: number,
  ) {
    this.key0 = Number(BigInt.asUintN(32, seed))
    this.key1 = Number(BigInt.asUintN(32, seed >> 32n))
  }

  moveTo(position: number): void {
    this.position = position
  }

  /** Fills `words` for token ids 4·block to 4·block + 3. */
  load(block: number): void {
    philox4x32(this.words, this.position, this.choice, block, SAMPLING_DOMAIN, this.key0, this.key1)
  }

  /** Gumbel noise of one token at the current position. Overwrites `words`. */
  of(token: number): number {
    this.load(token >> 2)
    return gumbel(this.words[token & 3] ?? 0)
  }
}

/**
 * Standard Gumbel variate −ln(−ln u) with u = (word + ½) / 2³², an exact double in the open interval (0, 1).
 *
 * 32 bits bound the noise to (−3.14, 22.88). A token whose probability is below about 10⁻¹⁰ of the winner's is thereby
 * never drawn, and no token's probability is off by more than about 2⁻³²: far less than the rounding of float32 logits
 * does.
 */
export function gumbel(word: number): number {
  return -Math.log(-Math.log((word + 0.5) * 2 ** -32))
}

/**
 * An upper bound of `gumbel(word)` without logarithms: (leading one bits + 1) · ln 2.
 *
 * Proof. Let m = 2³² − 1 − word, so 1 − u = (m + ½) / 2³². As −ln u > 1 − u, the noise is below −ln(1 − u). With c
 * leading zeros in m, m + ½ > 2^(31−c) for m > 0, hence −ln(1 − u) < (c + 1) ln 2; and m = 0 has c = 32 and 1 − u
 * = 2⁻³³. The gap between −ln u and 1 − u is at least (1 − u)²/2, relative to 1 − u at least 2⁻³⁴; rounding of both
 * logarithms and of this product is below 2⁻⁴⁷, so the bound holds for the computed values too.
 */
export function noiseBound(word: number): number {
  return (Math.clz32(~word) + 1) * Math.LN2
}
