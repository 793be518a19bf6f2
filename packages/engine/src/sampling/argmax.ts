import { NumericError } from './numeric-error.ts'

/**
 * Id of the highest logit, the lowest on ties.
 *
 * @param logits row [V] at `offset`
 * @throws NumericError when the row holds NaN or +∞, or nothing but −∞
 */
export function argmax(logits: Float32Array | Float64Array, offset: number, vocabularySize: number): number {
  let highest = -Infinity
  let token = -1
  for (let id = 0; id < vocabularySize; id++) {
    const logit = logits[offset + id] ?? 0
    // Written so that NaN enters, at no cost for the usual logit.
    if (!(logit <= highest)) {
      if (!(logit < Infinity)) throw new NumericError(`Logit of token ${id} is ${logit}`)
      highest = logit
      token = id
    }
  }
  if (token < 0) throw new NumericError('No token has a finite logit')
  return token
}
