/**
 * IEEE 754 half precision: 1 sign, 5 exponent (bias 15) and 10 fraction bits, as Uint16Array.
 *
 * Both directions work on bits, so that NaNs pass unharmed; a signalling NaN comes out of `toHalf` quiet.
 */

/** Rounds to nearest, ties to even; beyond 65,504 (from 65,520) it is an infinity. */
export function toHalf(values: Float32Array, halves: Uint16Array = new Uint16Array(values.length)): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  for (let index = 0; index < values.length; index += 1) {
    const float = bits[index] ?? 0
    const magnitude = float & 0x7fffffff
    const sign = (float >>> 16) & 0x8000
    let half: number
    if (magnitude >= 0x47800000) {
      half = magnitude > 0x7f800000 ? 0x7e00 | ((magnitude >>> 13) & 0x3ff) : 0x7c00
    } else if (magnitude < 0x38800000) {
      // Below 2^-14 a half is a multiple of 2^-24, and so are float32's neighbours of 0.5: adding 0.5 rounds.
      shifted[0] = Math.abs(values[index] ?? 0) + 0.5
      half = (shiftedBits[0] ?? 0) - 0x3f000000
    } else {
      // Rebias the exponent and add just under half a unit, or half a unit where the kept fraction is odd.
      half = (magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13
    }
    halves[index] = sign | half
  }
  return halves
}

const shifted = new Float32Array(1)
const shiftedBits = new Uint32Array(shifted.buffer)

/** Exact. Through a table of all 65,536 values, a seventh of the time that arithmetic takes. */
export function fromHalf(halves: Uint16Array, values: Float32Array = new Float32Array(halves.length)): Float32Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  floatBits ??= floatTable()
  for (let index = 0; index < halves.length; index += 1) bits[index] = floatBits[halves[index] ?? 0] ?? 0
  return values
}

let floatBits: Uint32Array | undefined

function floatTable(): Uint32Array {
  const values = new Float32Array(65_536)
  const bits = new Uint32Array(values.buffer)
  for (let half = 0; half < 65_536; half += 1) {
    const sign = (half & 0x8000) << 16
    const exponent = (half >> 10) & 31
    const fraction = half & 1023
    if (exponent === 31) bits[half] = sign | 0x7f800000 | (fraction << 13)
    else if (exponent > 0) bits[half] = sign | ((exponent + 112) << 23) | (fraction << 13)
    else values[half] = (sign ? -1 : 1) * fraction * 2 ** -24
  }
  return bits
}
