import type { Story } from './story.ts'
import { differing, historyOf, type WayHistory } from './tally.ts'

/** What `--json` writes: every round, the totals after learning, and what became of each draft. */
export function resultOf(model: string, { tenants, samples, learnings }: Story, from: number) {
  const rounds = Math.max(0, ...samples.map(({ round }) => round + 1))
  return {
    model,
    identical: samples.length > 0 && differing(samples).length === 0,
    rounds: { total: rounds, afterLearning: rounds - from },
    ways: byWay(historyOf(samples, null, from)),
    tenants: tenants.map(({ name }) => ({
      tenant: name,
      learning: learnings.get(name) ?? null,
      ways: byWay(historyOf(samples, name, from)),
    })),
  }
}

function byWay(history: readonly WayHistory[]) {
  return Object.fromEntries(history.map(({ way, total, rounds }) => [way, { afterLearning: total, rounds }]))
}
