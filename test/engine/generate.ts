import {
  type Constraint,
  type Engine,
  type GenerationRequest,
  plainSampling,
  type SamplingParameters,
  type SpeculationParameters,
  type SpeculationSummary,
  type TrialSummary,
} from '@foretoken/engine'

export interface Completion {
  readonly tokens: readonly number[]
  readonly text: string
  readonly reason: string
  readonly speculation: SpeculationSummary
  readonly trials: readonly TrialSummary[]
}

export const GREEDY: SamplingParameters = plainSampling(0, 1n)

export interface CompletionRequest {
  /** Absent: a new one. */
  readonly id?: string
  readonly tenant?: string
  readonly prompt: readonly number[]
  readonly tokensMax: number
  readonly sampling?: Partial<SamplingParameters>
  readonly speculation?: SpeculationParameters
  readonly stopStrings?: readonly string[]
  readonly constraint?: Constraint
  readonly learn?: boolean
}

let asked = 0

export function request(wanted: CompletionRequest): GenerationRequest {
  return {
    id: wanted.id ?? `req_${++asked}`,
    tenant: wanted.tenant ?? 'ten_test',
    prompt: wanted.prompt,
    choices: 1,
    completionTokensMax: wanted.tokensMax,
    sampling: { ...GREEDY, ...wanted.sampling },
    stopStrings: wanted.stopStrings ?? [],
    ...(wanted.constraint && { constraint: wanted.constraint }),
    speculation: wanted.speculation ?? { arm: 'none' },
    learn: wanted.learn ?? true,
  }
}

/** Runs one request to its end and returns the first choice. */
export async function complete(engine: Engine, wanted: CompletionRequest): Promise<Completion> {
  const admission = engine.admit(request(wanted))
  if (!admission.ok) throw admission.error
  const tokens: number[] = []
  let text = ''
  let reason = ''
  let end: Pick<Completion, 'speculation' | 'trials'> | undefined
  for await (const event of admission.events) {
    if (event.type === 'text') {
      tokens.push(...event.tokens)
      text += event.text
    } else if (event.type === 'finish') reason = event.reason
    else end = event
  }
  if (!end) throw new Error('the stream ended without its totals')
  return { tokens, text, reason, speculation: end.speculation, trials: end.trials }
}

/** Maps with at most `width` calls in flight: the batch mix changes as sequences join and leave. */
export async function mapConcurrently<In, Out>(
  items: readonly In[],
  width: number,
  run: (item: In, index: number) => Promise<Out>,
): Promise<Out[]> {
  const results: Out[] = []
  let next = 0
  const lane = async () => {
    while (next < items.length) {
      const index = next++
      const item = items[index]
      if (item !== undefined) results[index] = await run(item, index)
    }
  }
  await Promise.all(Array.from({ length: width }, lane))
  return results
}
