/**
 * Lets a sequence be where nothing pays. Asking what there is, and planning with it, costs some hundredths of a plain
 * step; after a few steps at which plain decoding was chosen a sequence is therefore not asked at every step any more,
 * and the longer that lasts the more seldom. One step at which drafting pays ends it.
 */
export interface Rest {
  /** Plain steps in a row that were chosen. */
  readonly plain: number
  /** Steps to go without asking. */
  readonly left: number
}

export const AWAKE: Rest = { plain: 0, left: 0 }

/** @param drafted whether the step drafted because that was expected to pay; undefined: it was not the plan's choice */
export function nextRest({ plain, left }: Rest, drafted: boolean | undefined): Rest {
  if (left > 0) return { plain, left: left - 1 }
  if (drafted === undefined) return { plain, left }
  return drafted ? AWAKE : { plain: plain + 1, left: Math.min(Math.max(0, plain + 1 - PATIENCE), REST_MAX) }
}

/** Plain steps in a row before the first rest. */
export const PATIENCE = 4
/** Text that begins to repeat is noticed so many tokens late, at most. */
export const REST_MAX = 8
