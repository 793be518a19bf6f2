import { TRACE_TOP } from '@foretoken/engine'
import type { Rollout } from './reward.ts'

export interface ExampleRollout {
  readonly task: string
  readonly text: string
  readonly tokens: number
  /** Its one token. */
  readonly prompt?: number
}

/** A rollout of so many tokens that say nothing. */
export function exampleRollout({ task, text, tokens, prompt = 1 }: ExampleRollout): Rollout {
  const trace = {
    ...{ tenant: 'ten_a', request: 'rollout-0-1', prompt: Int32Array.of(prompt), tokens: new Int32Array(tokens) },
    ...{ hidden: new Uint16Array(tokens + 1), topIds: new Int32Array(tokens * TRACE_TOP), temperature: 1 },
    ...{ topLogprobs: new Float32Array(tokens * TRACE_TOP), arms: new Uint8Array(tokens) },
  }
  return { task, text, trace }
}
