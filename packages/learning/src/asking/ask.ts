import { type Engine, plainSampling, type SpeculationParameters } from '@foretoken/engine'
import type { Question } from './question.ts'

export interface AskOptions {
  /** Whose traces the answers are. */
  readonly tenant: string
  readonly arm: SpeculationParameters['arm']
  readonly signal: AbortSignal
  /** Completion tokens as they come. */
  readonly onTokens?: (count: number) => void
}

/**
 * Has an engine answer a question; its trace goes to the engine's sink. Rejects with what the engine failed with, or
 * with the signal's reason, and then the answer leaves nothing.
 */
export async function ask(engine: Engine, question: Question, options: AskOptions): Promise<void> {
  const { id, prompt, temperature, seed, tokensMax } = question
  const { tenant, arm, signal, onTokens } = options
  const admission = engine.admit({
    ...{ id, tenant, prompt, choices: 1, completionTokensMax: tokensMax, stopStrings: [], learn: true },
    sampling: plainSampling(temperature, BigInt(seed)),
    speculation: { arm },
  })
  if (!admission.ok) throw admission.error
  for await (const event of admission.events) {
    signal.throwIfAborted()
    if (event.type === 'text') onTokens?.(event.tokens.length)
  }
}
