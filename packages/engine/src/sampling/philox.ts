const ROUNDS = 10
const MULTIPLIER_0 = 0xd2511f53
const MULTIPLIER_1 = 0xcd9e8d57
/** Added to the key after each round: golden ratio and √3 − 1 as 32-bit fractions. */
const WEYL_0 = 0x9e3779b9
const WEYL_1 = 0xbb67ae85

/**
 * Philox4x32-10: 128 random bits as a pure function of a 128-bit counter and a 64-bit key (Salmon, Moraes, Dror and
 * Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011). Any element of the stream can be had in any order,
 * which is what makes a draw independent of how many tokens were drafted before it.
 *
 * Words are 32 bits, signed or unsigned alike. Allocates nothing.
 *
 * @param out [4] receives the block
 */
export function philox4x32(
  out: Uint32Array,
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key0: number,
  key1: number,
): void {
  let c0 = counter0 | 0
  let c1 = counter1 | 0
  let c2 = counter2 | 0
  let c3 = counter3 | 0
  let k0 = key0 | 0
  let k1 = key1 | 0
  for (let round = 0; round < ROUNDS; round++) {
    const next0 = multiplyHigh(c2, MULTIPLIER_1) ^ c1 ^ k0
    const next2 = multiplyHigh(c0, MULTIPLIER_0) ^ c3 ^ k1
    c1 = Math.imul(c2, MULTIPLIER_1)
    c3 = Math.imul(c0, MULTIPLIER_0)
    c0 = next0
    c2 = next2
    k0 = (k0 + WEYL_0) | 0
    k1 = (k1 + WEYL_1) | 0
  }
  out[0] = c0
  out[1] = c1
  out[2] = c2
  out[3] = c3
}

/**
 * Upper 32 bits of the unsigned 64-bit product, by schoolbook multiplication of 16-bit halves. No partial sum leaves
 * 32 bits: (2¹⁶ − 1)² + 2¹⁶ − 1 < 2³².
 */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0
  const carry = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) | 0
}
