import type { Speculator } from '@foretoken/drafting'
import { Engine, type EngineOptions, type GenerationRequest, type TokenTable, type Trace } from '@foretoken/engine'
import type { Target } from '@foretoken/model'
import { cheapCosts } from '../cheap-costs.ts'

/** What a tenant got of one choice. */
export interface Choice {
  readonly tokens: readonly number[]
  readonly text: string
  readonly reason: string
}

export interface Served {
  /** By request and choice; what was aborted is left out. */
  readonly choices: ReadonlyMap<string, Choice>
  readonly traces: ReadonlyMap<string, Trace[]>
  readonly preemptions: number
  /** The largest share of the memory budget that was ever laid out. */
  readonly cacheUsageMax: number
}

export interface Serving {
  readonly target: Target
  readonly tokens: TokenTable
  readonly speculators: readonly Speculator[]
  readonly options?: Partial<EngineOptions>
  /** Aborts the request of this number at the preemption of that number. */
  readonly abort?: { readonly request: number; readonly atPreemption: number }
  /** One at a time; otherwise all at once, and the engine is drained while they run. */
  readonly alone?: boolean
}

/** So many bytes for the sequences' rows, and as many for prefixes of what ended or was preempted. */
export function budgetOf(arenaBytes: number): Pick<EngineOptions, 'cacheBytesMax' | 'prefixCacheShare'> {
  return { cacheBytesMax: 2 * arenaBytes, prefixCacheShare: 0.5 }
}

export async function serve(requests: readonly GenerationRequest[], serving: Serving): Promise<Served> {
  const { target, tokens, speculators, abort } = serving
  const traces = new Map<string, Trace[]>()
  const controllers = requests.map(() => new AbortController())
  let [preemptions, cacheUsageMax] = [0, 0]
  const engine: Engine = new Engine(
    { target, tokens, speculators, costs: cheapCosts() },
    {
      ...serving.options,
      traces: { record: (trace) => traces.set(trace.request, [...(traces.get(trace.request) ?? []), trace]) },
      observer: {
        preempted: () => {
          if (++preemptions === abort?.atPreemption) controllers[abort.request]?.abort()
        },
        prefill: () => {
          cacheUsageMax = Math.max(cacheUsageMax, engine.load.cacheUsage)
        },
        decode: () => {
          cacheUsageMax = Math.max(cacheUsageMax, engine.load.cacheUsage)
        },
      },
    },
  )
  const choices = new Map<string, Choice>()
  const run = (request: GenerationRequest, index: number) =>
    collect(engine, request, controllers[index] ?? new AbortController(), choices)
  if (serving.alone) for (const [index, request] of requests.entries()) await run(request, index)
  const all = serving.alone ? [] : requests.map(run)
  await engine.drain()
  await Promise.all(all)
  const { running, waiting } = engine.load
  if (running + waiting > 0) throw new Error('something was left behind')
  return { choices, traces, preemptions, cacheUsageMax }
}

async function collect(
  engine: Engine,
  request: GenerationRequest,
  controller: AbortController,
  choices: Map<string, Choice>,
): Promise<void> {
  const admission = engine.admit(request, controller.signal)
  if (!admission.ok) throw admission.error
  const own = Array.from({ length: request.choices }, () => ({ tokens: [] as number[], text: '', reason: '' }))
  const gone = new Promise<'gone'>((resolve) => {
    controller.signal.addEventListener('abort', () => resolve('gone'))
  })
  const reader = admission.events.getReader()
  while (true) {
    const next = await Promise.race([reader.read(), gone])
    if (next === 'gone') return
    if (next.done) break
    const event = next.value
    if (event.type === 'end') continue
    const choice = own[event.choice]
    if (!choice) throw new Error('a choice nobody asked for')
    if (choice.reason) throw new Error('a choice went on after its end')
    if (event.type === 'finish') choice.reason = event.reason
    else {
      choice.tokens.push(...event.tokens)
      choice.text += event.text
    }
  }
  for (const [index, choice] of own.entries()) choices.set(`${request.id} ${index}`, choice)
}
