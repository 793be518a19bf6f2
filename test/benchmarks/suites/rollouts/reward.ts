import type { Trace } from '@foretoken/engine'
import type { Weighted } from './policy/batch.ts'

export interface Rollout {
  readonly task: string
  readonly trace: Trace
  readonly text: string
}

/**
 * What an answer is worth, by rules that need no judge: its form (what was extracted is JSON, a worked problem ends with a
 * number), less half of the share of the room that it took.
 */
export function rewardOf({ task, trace, text }: Rollout, completionTokensMax: number): number {
  const formed = task === 'extract' ? isJson(text) : /\d\D{0,3}$/.test(text.trim())
  return (formed ? 1 : 0) - (0.5 * trace.tokens.length) / completionTokensMax
}

/**
 * Rollouts with their advantage: how much better each is than the others to the same prompt, in standard deviations
 * (GRPO, Shao et al. 2024), for each token of all. Groups that agree teach nothing and have none.
 */
export function advantages(rollouts: readonly Rollout[], completionTokensMax: number): Weighted[] {
  const groups = new Map<string, Rollout[]>()
  for (const rollout of rollouts) {
    const key = `${rollout.task} ${rollout.trace.prompt.join()}`
    const group = groups.get(key)
    if (group) group.push(rollout)
    else groups.set(key, [rollout])
  }
  const tokens = rollouts.reduce((sum, { trace }) => sum + trace.tokens.length, 0)
  return [...groups.values()].flatMap((group) => {
    const rewards = group.map((rollout) => rewardOf(rollout, completionTokensMax))
    const mean = rewards.reduce((sum, reward) => sum + reward, 0) / group.length
    const deviation = Math.sqrt(rewards.reduce((sum, reward) => sum + (reward - mean) ** 2, 0) / group.length)
    if (deviation < 1e-6) return []
    return group.map(({ trace }, at) => ({ trace, weight: ((rewards[at] ?? mean) - mean) / deviation / tokens }))
  })
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
