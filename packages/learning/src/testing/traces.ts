import { TRACE_TOP, type Trace } from '@foretoken/engine'

export const HIDDEN_SIZE = 4

export interface ExampleOptions {
  readonly tenant?: string
  readonly request?: string
  readonly prompt?: number
  readonly tokens?: number
}

/** A trace with a different number in every place, so that any mix-up shows. */
export function exampleTrace(options: ExampleOptions = {}): Trace {
  const { tenant = 'ten_a', request = 'req_1', prompt = 3, tokens = 5 } = options
  const from = hash(`${tenant} ${request}`)
  return {
    tenant,
    request,
    prompt: Int32Array.from({ length: prompt }, (_, i) => from + i),
    tokens: Int32Array.from({ length: tokens }, (_, i) => from + 100 + i),
    hidden: Uint16Array.from({ length: (tokens + 1) * HIDDEN_SIZE }, (_, i) => from + 200 + i),
    topIds: Int32Array.from({ length: tokens * TRACE_TOP }, (_, i) => from + 300 + i),
    topLogprobs: Float32Array.from({ length: tokens * TRACE_TOP }, (_, i) => -(from + i) / 64),
    temperature: (from % 8) / 8,
    arms: Uint8Array.from({ length: tokens }, (_, i) => (from + i) % 4),
  }
}

const hash = (text: string) => [...text].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 1_000, 7)
