import { startEngine, type Trace } from '@foretoken/engine'
import { decodeSegment, encodeSegment } from '@foretoken/learning'
import { complete } from '../../../engine/generate.ts'
import { type Prompt, tokensOf, type World } from './world.ts'

/** Rows of a plain decoding run: the target's throughput grows until about here, and speculation would not help. */
const CONCURRENT = 32

export interface TrafficRequest {
  readonly name: string
  readonly prompts: readonly Prompt[]
  /** Completion tokens after which no further request is sent; absent: all prompts are. */
  readonly tokensMax?: number
}

type Collector = Pick<World, 'model' | 'target' | 'parts' | 'completionTokensMax'>

/**
 * Traces of greedy answers to these prompts, in their order, by plain decoding in large batches: a trace does not
 * depend on who drafted for it, and this is the fastest way to many.
 */
export async function collect(
  world: Collector,
  { name, prompts, tokensMax }: TrafficRequest,
): Promise<readonly Trace[]> {
  const { model, target, parts } = world
  const bytes = await parts.bytes(`traces/${name}.safetensors`, async () => {
    const traces = await answer(world, name, prompts, tokensMax ?? Number.POSITIVE_INFINITY)
    return encodeSegment(traces, { tenant: name, target, hiddenSize: model.target.shape.hiddenSize })
  })
  return decodeSegment(bytes).traces
}

async function answer(
  world: Collector,
  tenant: string,
  prompts: readonly Prompt[],
  tokensMax: number,
): Promise<Trace[]> {
  const { model, completionTokensMax } = world
  const recorded = new Map<string, Trace>()
  let tokens = 0
  const engine = await startEngine(model, [], {
    sequencesMax: CONCURRENT,
    lookaheadMax: 0, // nothing is drafted, so no such costs need to be measured first
    traces: {
      record: (trace) => {
        recorded.set(trace.request, trace)
        tokens += trace.tokens.length
      },
    },
  })
  const sent: string[] = []
  const lane = async () => {
    while (sent.length < prompts.length && tokens < tokensMax) {
      const text = prompts[sent.length] ?? ''
      const id = `req_${sent.length}`
      sent.push(id)
      const prompt = tokensOf(world, text)
      const room = model.contextLength - prompt.length
      if (room < completionTokensMax) continue // would be cut short by the context
      await complete(engine, { id, tenant, prompt, tokensMax: completionTokensMax, learn: true })
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT }, lane))
  await engine.drain()
  return sent.flatMap((id) => recorded.get(id) ?? [])
}

/** The first requests of a tenant, until they have so many completion tokens. */
export function upTo(traces: readonly Trace[], tokensMax: number): readonly Trace[] {
  let tokens = 0
  const end = traces.findIndex((trace) => {
    tokens += trace.tokens.length
    return tokens >= tokensMax
  })
  return end < 0 ? traces : traces.slice(0, end + 1)
}

export function tokenCount(traces: readonly Trace[]): number {
  return traces.reduce((sum, { tokens }) => sum + tokens.length, 0)
}
