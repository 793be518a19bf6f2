import type { DriftRules } from '../rules.ts'
import type { MovingAverages } from '../state.ts'

export const NO_STEPS: MovingAverages = { fast: 0, slow: 0, count: 0 }

/** What some steps had in common: committed tokens per step, over so many steps. */
export interface StepMean {
  readonly mean: number
  readonly count: number
}

/**
 * Two moving averages of the same steps, as TIDE has them (arXiv 2602.05145): the slow one remembers what is usual, the
 * fast one sees what is now. They are halved by steps, not by time, so that a night without requests forgets nothing.
 * Until there are more steps than one remembers it is their plain mean.
 */
export function observeSteps(averages: MovingAverages, { mean, count }: StepMean, rules: DriftRules): MovingAverages {
  if (count <= 0) return averages
  const total = averages.count + count
  return {
    fast: moved(averages.fast, mean, Math.max(1 - 2 ** (-count / rules.fastHalfLifeSteps), count / total)),
    slow: moved(averages.slow, mean, Math.max(1 - 2 ** (-count / rules.slowHalfLifeSteps), count / total)),
    count: total,
  }
}

function moved(value: number, to: number, part: number): number {
  return value + part * (to - value)
}

/**
 * One-sided CUSUM (Page, Biometrika 1954) for a fall of acceptance below the usual by more than the allowance: the sum of
 * what steps lacked, in standard deviations, never below zero. Over the threshold h it raises alarm.
 *
 * With allowance k (in deviations) a steady tenant waits (e^(2kb) − 2kb − 1) / 2k² steps for a false alarm,
 * b = h + 1.166 (Siegmund 1985): for 2 tokens a step, 1.5 of deviation, 5 % and h = 80, some five million. A fall of 30 %
 * is noticed after h ÷ (0.4 − k), about 240 steps.
 */
export function observeDrift(cusum: number, usual: number, { mean, count }: StepMean, rules: DriftRules): number {
  return Math.max(0, cusum + (count * (usual * (1 - rules.allowance) - mean)) / rules.deviationTokens)
}
