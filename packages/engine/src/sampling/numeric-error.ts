/**
 * The logits of one row are no distribution: NaN, +∞, or nothing finite. Fails the request that owns the row; other
 * rows of the same run are unaffected.
 */
export class NumericError extends Error {
  override readonly name = 'NumericError'
}
