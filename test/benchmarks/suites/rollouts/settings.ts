/** How much is played. */
export interface Settings {
  readonly updates: number
  /** Of each kind of task. */
  readonly prompts: number
  /** Answers to each prompt in an update: a group, of which the better ones are learned from. */
  readonly samples: number
  readonly completionTokensMax: number
  /** Prompts whose answers the policy learns from in an update, drawn anew each time, and in how many steps. */
  readonly policyPrompts: number
  readonly policySteps: number
  readonly learningRate: number
  readonly rank: number
  /** Of an adapter, at each update. */
  readonly draftSteps: number
}

/**
 * Reinforcement on what has a right form: worked maths, which the static draft knows, and slots as JSON, which it
 * doesn't.
 */
export const TASKS: readonly string[] = ['math', 'extract']

export const FULL: Settings = {
  updates: 10,
  ...{ prompts: 8, samples: 3, completionTokensMax: 80 },
  ...{ policyPrompts: 6, policySteps: 2, learningRate: 1e-3, rank: 8 },
  draftSteps: 40,
}

export const QUICK: Settings = { ...FULL, updates: 3, prompts: 6, samples: 2, completionTokensMax: 48, draftSteps: 24 }

/** For tests. */
export const TINY: Settings = {
  ...{ updates: 2, prompts: 2, samples: 2, completionTokensMax: 12 },
  ...{ policyPrompts: 4, policySteps: 1, learningRate: 1e-3, rank: 8 },
  draftSteps: 4,
}
