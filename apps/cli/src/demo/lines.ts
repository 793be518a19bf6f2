import { log } from '../output.ts'
import { describeLearning, type Learning } from './learning.ts'
import type { Screen } from './screen.ts'
import type { Story } from './story.ts'
import { historyOf } from './tally.ts'
import { WAY_NAMES } from './ways.ts'

/** For pipes and logs: a line for each thing that has happened. */
export function lineScreen(story: Story): Screen {
  const said = new Map<string, string>()
  story.listen({
    onRound: (round) => {
      for (const { name } of story.tenants) log(`round ${round + 1}, ${name}: ${roundLine(story, name, round)}`)
    },
    onLearning: (tenant, learning) => {
      const sentence = milestone(learning)
      if (sentence === null || said.get(tenant) === sentence) return
      said.set(tenant, sentence)
      log(`${tenant}: ${sentence}`)
    },
  })
  return { done: () => undefined }
}

/** Null for what changes too often to be told. */
function milestone(learning: Learning): string | null {
  if (learning.stage === 'watching') return learning.tokens < learning.wanted ? null : describeLearning(learning)
  if (learning.stage === 'training') return learning.phase ?? 'training starts'
  return describeLearning(learning)
}

function roundLine({ samples }: Story, tenant: string, round: number): string {
  const ways = historyOf(samples, tenant, round).flatMap(({ way, rounds }) => {
    const figures = rounds[round]
    if (!figures) return []
    const { acceptanceLength, tokensPerSecond } = figures
    return `${WAY_NAMES[way]} ${acceptanceLength.toFixed(2)} at ${tokensPerSecond.toFixed(0)} tokens/s`
  })
  return ways.join('; ')
}
