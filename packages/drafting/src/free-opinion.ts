/**
 * What the arm that costs nothing to ask says of a place, before the others are asked: nothing, a first token that it is
 * unsure of, or one that it is sure of. The suffix index is sure where text repeats; where it is not, text is new, and
 * every arm is right less often.
 */
export const FREE_OPINIONS = ['nothing', 'unsure', 'sure'] as const
export type FreeOpinion = (typeof FREE_OPINIONS)[number]

/** @param survival of what it proposes; empty or absent: it proposes nothing */
export function freeOpinionOf(survival: readonly number[] = []): FreeOpinion {
  const [first = 0] = survival
  return first < UNSURE_FROM ? 'nothing' : first < SURE_FROM ? 'unsure' : 'sure'
}

const UNSURE_FROM = 0.15
const SURE_FROM = 0.6
