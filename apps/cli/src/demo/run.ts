import { complete } from './completion.ts'
import type { Pair } from './tally.ts'
import type { Workload } from './workloads/index.ts'

export interface DemoTenant {
  readonly workload: Workload
  readonly apiKey: string
  /** A twin tenant's: its plain runs teach this tenant's index nothing. */
  readonly plainApiKey: string
}

export interface Progress {
  /** A piece of text arrived. */
  onText(tenant: string, prompt: string, text: string): void
  onPair(pair: Pair): void
}

interface RunOptions {
  readonly url: string
  readonly model: string
  readonly tenants: readonly DemoTenant[]
  readonly rounds: number
  /** Checked between requests. */
  readonly signal: AbortSignal
}

/**
 * Sends every prompt of every tenant twice per round, speculative and plain, one request at a time: on a shared machine
 * two requests at once would measure each other. Tenants take turns, as they would in service. Which of the two goes
 * first alternates, since the first of a pair is slower whatever it does (seen: 2 to 9 %, both plain).
 *
 * @throws with the first request that fails.
 */
export async function runDemo(
  { url, model, tenants, rounds, signal }: RunOptions,
  progress: Progress,
): Promise<Pair[]> {
  const pairs: Pair[] = []
  const promptsMax = Math.max(...tenants.map(({ workload }) => workload.prompts.length))
  for (let round = 0; round < rounds; round++) {
    for (let at = 0; at < promptsMax; at++) {
      for (const { workload, apiKey, plainApiKey } of tenants) {
        const prompt = workload.prompts[at]
        if (prompt === undefined) continue
        signal.throwIfAborted()
        const request = { url, model, prompt, temperature: workload.temperature, seed: 1 + at }
        const onText = (text: string) => progress.onText(workload.tenant, prompt, text)
        const speculative = () => complete({ ...request, apiKey, arm: 'auto' }, onText)
        const decodePlainly = () => complete({ ...request, apiKey: plainApiKey, arm: 'none' }, () => undefined)
        const first = at % 2 === 0 ? await decodePlainly() : undefined
        const auto = await speculative()
        const plain = first ?? (await decodePlainly())
        const pair = { tenant: workload.tenant, round, plain, auto }
        pairs.push(pair)
        progress.onPair(pair)
      }
    }
  }
  return pairs
}
