/**
 * Leaves only the tokens with a bit in the mask. Bias and penalties are sums and products, so nothing that they do to a
 * score of −∞ brings it back, and it does not matter which comes first.
 *
 * @param scores [≥ V]
 * @param mask [⌈V / 32⌉]
 */
export function applyMask(scores: Float64Array, mask: Uint32Array, vocabularySize: number): void {
  for (let word = 0; word < mask.length; word++) {
    const bits = mask[word] ?? 0
    const first = word * 32
    const end = Math.min(first + 32, vocabularySize)
    if (bits === 0) scores.fill(-Infinity, first, end)
    else for (let id = first; id < end; id++) if (((bits >>> (id - first)) & 1) === 0) scores[id] = -Infinity
  }
}
