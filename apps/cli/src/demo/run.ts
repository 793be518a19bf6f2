import { complete } from './completion.ts'
import type { Pair } from './tally.ts'
import type { Workload } from './workloads/index.ts'

export interface DemoTenant {
  readonly workload: Workload
  readonly apiKey: string
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
 * two requests at once would measure each other. Tenants take turns, as they would in service. The speculative run
 * goes first: after the plain one the tenant's index would know the very answer, and the first round would flatter.
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
      for (const { workload, apiKey } of tenants) {
        const prompt = workload.prompts[at]
        if (prompt === undefined) continue
        signal.throwIfAborted()
        const request = { url, model, apiKey, prompt, temperature: workload.temperature, seed: 1 + at }
        const auto = await complete({ ...request, arm: 'auto' }, (text) =>
          progress.onText(workload.tenant, prompt, text),
        )
        const plain = await complete({ ...request, arm: 'none' }, () => undefined)
        const pair = { tenant: workload.tenant, round, plain, auto }
        pairs.push(pair)
        progress.onPair(pair)
      }
    }
  }
  return pairs
}
