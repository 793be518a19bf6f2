/**
 * Backs off where nothing pays. Asking what there is, and planning with it, costs some hundredths of a plain step; after
 * a few steps at which plain decoding was chosen a sequence is therefore not asked at every step any more, and the
 * longer that lasts the more seldom. One step at which drafting pays ends it.
 */
export interface BackOff {
  /** Plain steps in a row that were chosen. */
  readonly plainSteps: number
  /** Steps to go without asking. */
  readonly stepsLeft: number
}

export const NO_BACK_OFF: BackOff = { plainSteps: 0, stepsLeft: 0 }

/** @param drafted whether the step drafted because that was expected to pay; undefined: it was not the plan's choice */
export function nextBackOff({ plainSteps, stepsLeft }: BackOff, drafted: boolean | undefined): BackOff {
  if (stepsLeft > 0) return { plainSteps, stepsLeft: stepsLeft - 1 }
  if (drafted === undefined) return { plainSteps, stepsLeft }
  if (drafted) return NO_BACK_OFF
  const plain = plainSteps + 1
  return { plainSteps: plain, stepsLeft: Math.min(Math.max(0, plain - PATIENCE), BACK_OFF_STEPS_MAX) }
}

/** Plain steps in a row before the first that is gone without asking. */
export const PATIENCE = 4
/** Text that begins to repeat is noticed so many tokens late, at most. */
export const BACK_OFF_STEPS_MAX = 8
