import { startEngine, type Trace } from '@foretoken/engine'
import { decodeSegment, encodeSegment } from '@foretoken/learning'
import { type LoadedModel, loadModel } from '@foretoken/model'
import { type Message, referenceWorkloads } from '@foretoken/workloads'
import { complete } from '../../../engine/generate.ts'
import type { Parts } from '../learning/parts.ts'
import type { Rollout } from './reward.ts'
import { type Settings, TASKS } from './settings.ts'

export interface Prompt {
  readonly task: string
  readonly messages: readonly Message[]
}

/** The set that comes again at each update. */
export function promptSet({ prompts }: Settings): Prompt[] {
  return referenceWorkloads
    .filter(({ name }) => TASKS.includes(name))
    .flatMap((workload) => {
      const all = workload.prompts(1)
      return Array.from({ length: prompts }, () => ({ task: workload.name, messages: all.next().value }))
    })
}

/** Rows of a plain decoding run: the target's throughput grows until about here. */
const CONCURRENT = 32

/** What a policy answers at one update, sampled as it is, several times each; by plain decoding, which changes no byte. */
export async function rolloutsOf(
  folder: string,
  update: number,
  prompts: readonly Prompt[],
  settings: Settings,
  parts: Parts,
): Promise<Rollout[]> {
  const model = await loadModel(folder)
  try {
    const bytes = await parts.bytes(`rollouts/${update}.safetensors`, async () => {
      const traces = await answer(model, update, prompts, settings)
      return encodeSegment(traces, { tenant: 'rollouts', target: folder, hiddenSize: model.target.shape.hiddenSize })
    })
    return decodeSegment(bytes).traces.map((trace) => ({
      task: prompts[promptOf(trace)]?.task ?? '',
      trace,
      text: model.tokenizer.decode([...trace.tokens]),
    }))
  } finally {
    await model.target.close()
  }
}

/** Another seed for every answer of every update. */
export const seedOf = ({ request }: Pick<Trace, 'request'>) => BigInt(request.split('-').at(-1) ?? 0)
const promptOf = ({ request }: Trace) => Number(request.split('-')[1])

async function answer(
  model: LoadedModel,
  update: number,
  prompts: readonly Prompt[],
  { samples, completionTokensMax }: Settings,
): Promise<Trace[]> {
  const recorded = new Map<string, Trace>()
  const traces = { record: (trace: Trace) => void recorded.set(trace.request, trace) }
  const engine = await startEngine(model, [], { sequencesMax: CONCURRENT, lookaheadMax: 0, traces })
  const asked = prompts.flatMap(({ messages }, at) => {
    const chat = messages.map(({ role, content }) => ({ role, content }))
    const prompt = model.tokenizer.encodeChat(chat, { addGenerationPrompt: true })
    return Array.from({ length: samples }, (_, sample) => {
      const seed = 1_000_000 * (update + 1) + at * samples + sample
      return { id: `rollout-${at}-${seed}`, prompt, seed }
    })
  })
  const left = asked.values()
  const lane = async () => {
    for (const { id, prompt, seed } of left) {
      const sampling = { temperature: 1, seed: BigInt(seed) }
      await complete(engine, { id, prompt, tokensMax: completionTokensMax, sampling, learn: true })
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT }, lane))
  await engine.drain()
  return asked.flatMap(({ id }) => recorded.get(id) ?? [])
}
