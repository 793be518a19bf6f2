import { request } from '../../../engine/generate.ts'
import type { Tenant } from './population.ts'
import type { Serving } from './serving.ts'
import { TOKENS_MAX } from './settings.ts'

/** One request as its tenant saw it; times in milliseconds from the start of the scenario. */
export interface Asked {
  readonly tenant: string
  /** When it was due; a loop that was late sent it later. */
  readonly arrivedMs: number
  /** The tenant's adapter was not there when it was admitted. */
  readonly cold: boolean
  /** Not admitted. */
  readonly refused: boolean
  readonly events: readonly StreamEvent[]
  /** Undefined where it was cancelled or refused. */
  readonly endMs?: number
  readonly promptTokens: number
  readonly cachedTokens: number
}

export interface StreamEvent {
  readonly atMs: number
  readonly tokens: number
}

export interface AskOptions {
  readonly arrivedMs: number
  /** Which of the tenant's prompts. */
  readonly turn: number
  readonly now: () => number
  readonly signal?: AbortSignal
}

/** Sends a request and reads its stream to the end, or until the signal. */
export async function ask({ engine, prepare }: Serving, tenant: Tenant, options: AskOptions): Promise<Asked> {
  const { arrivedMs, turn, now, signal } = options
  const prompt = tenant.prompts[turn % tenant.prompts.length] ?? []
  const asked = { tenant: tenant.id, arrivedMs, cold: !prepare(tenant), promptTokens: prompt.length }
  const events: StreamEvent[] = []
  const speculation = { arm: 'auto' } as const
  const admission = engine.admit(request({ tenant: tenant.id, prompt, tokensMax: TOKENS_MAX, speculation }))
  if (!admission.ok) {
    if (!REFUSALS.includes(admission.error.code)) throw admission.error
    return { ...asked, refused: true, events, cachedTokens: 0 }
  }
  const reader = admission.events.getReader()
  const cancel = () => void reader.cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  let ended: { endMs: number; cachedTokens: number } | undefined
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const event = read.value
    if (event.type === 'text') events.push({ atMs: now(), tokens: event.tokens.length })
    else if (event.type === 'end') ended = { endMs: now(), cachedTokens: event.usage.cachedTokens }
  }
  signal?.removeEventListener('abort', cancel)
  return { ...asked, refused: false, events, cachedTokens: 0, ...ended }
}

/** The queue is full, or the tenant's part of it. */
const REFUSALS = ['overloaded', 'rate_limit_exceeded']
