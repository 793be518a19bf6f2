import { gumbel, NOISE_MAX, type Noise, noiseBound } from './noise.ts'

/**
 * Draws from softmax(scores) as argmax(score + noise), lowest id on ties (the Gumbel-max trick: Gumbel 1954; Maddison,
 * Tarlow and Minka, "A* sampling", NeurIPS 2014). The softmax's normaliser is the same for all tokens and can't change
 * the argmax, so none is computed.
 *
 * Two prunings leave a handful of logarithms. A token is skipped when score + (bound of its noise) < best: first with
 * the bound of any noise, before its random bits exist, then with the bound from the bits. Rounding is monotone, so
 * noise ≤ bound gives fl(score + noise) ≤ fl(score + bound) < best, and a skipped token could not have won. The
 * search begins with the best score of the most likely token, which makes both prunings bite at once.
 *
 * @param scores [V padded to a multiple of 4] logits after all processors, −∞ where filtered or padded
 * @param likeliest a token with the highest score, which must be finite
 */
export function drawToken(scores: Float64Array, likeliest: number, noise: NoiseSource): number {
  let winner = likeliest
  let best = (scores[likeliest] ?? 0) + noise.of(likeliest)
  for (let first = 0; first < scores.length; first += 4) {
    if (!blockCanWin(scores, first, best)) continue
    noise.load(first >> 2)
    for (let lane = 0; lane < 4; lane++) {
      const word = noise.words[lane] ?? 0
      const score = scores[first + lane] ?? 0
      if (score + noiseBound(word) < best) continue
      const perturbed = score + gumbel(word)
      if (perturbed > best || (perturbed === best && first + lane < winner)) {
        best = perturbed
        winner = first + lane
      }
    }
  }
  return winner
}

/** {@link Noise} as a draw uses it. */
export type NoiseSource = Pick<Noise, 'words' | 'load' | 'of'>

function blockCanWin(scores: Float64Array, first: number, best: number): boolean {
  return (
    (scores[first] ?? 0) + NOISE_MAX >= best ||
    (scores[first + 1] ?? 0) + NOISE_MAX >= best ||
    (scores[first + 2] ?? 0) + NOISE_MAX >= best ||
    (scores[first + 3] ?? 0) + NOISE_MAX >= best
  )
}
