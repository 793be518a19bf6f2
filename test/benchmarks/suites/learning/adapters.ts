import {
  ADAPTER_WEIGHTS_FILE,
  type AdapterValues,
  adapterParameters,
  type DraftArtifact,
  decodeParameters,
} from '@foretoken/drafting'
import type { Trace } from '@foretoken/engine'
import { adapterArtifact, fitAdapter, splitTraces, type TraceSplit } from '@foretoken/learning/training'
import { tokenCount } from './collect.ts'
import type { World } from './world.ts'

/** An adapter as a tenant would have it: in half precision, from its file. */
export interface Fitted {
  readonly values: AdapterValues
  readonly bytes: Uint8Array
  readonly acceptance: readonly number[]
  /** Of the static draft, on the same requests. */
  readonly staticAcceptance: readonly number[]
  readonly steps: number
  /** Wall time of the whole fit, judging included. */
  readonly seconds: number
  /** Completion tokens of traffic. */
  readonly tokens: number
}

export interface FitRequest {
  /** Under which the result is kept. */
  readonly key: string
  readonly tenant: string
  readonly traces: readonly Trace[]
  readonly threads: number
  /** Absent: the draft that ships. */
  readonly artifact?: DraftArtifact
}

/** Fits an adapter to traffic exactly as a tenant's run does, split and all, or reads what an earlier run fitted. */
export async function fitted(
  world: Pick<World, 'parts' | 'artifact' | 'tables'>,
  request: FitRequest,
): Promise<Fitted> {
  const { key, tenant, traces, threads, artifact = world.artifact } = request
  const stored = await world.parts.json(`adapters/${key}`, async () => {
    const started = performance.now()
    const options = { threads, signal: new AbortController().signal, onProgress: () => {} }
    const { adapter, acceptance, staticAcceptance, steps } = await fitAdapter(
      artifact,
      world.tables,
      splitOf(traces),
      options,
    )
    const seconds = (performance.now() - started) / 1_000
    const request = { tenant, target: artifact.target, next: { id: 'adp_benchmark', version: 1 }, current: null }
    const record = { adapter, acceptance, staticAcceptance, tokens: tokenCount(traces), evaluation: {} }
    const { files } = adapterArtifact({ request, draft: artifact, ...record })
    const weights = Buffer.from(files[ADAPTER_WEIGHTS_FILE] ?? []).toString('base64')
    return { acceptance, staticAcceptance, steps, seconds, weights }
  })
  const { weights, ...figures } = stored
  const bytes = new Uint8Array(Buffer.from(weights, 'base64'))
  const { values, tokens } = decodeParameters(bytes, adapterParameters(artifact.shape))
  return { ...figures, bytes, values: { values, hotTokens: tokens }, tokens: tokenCount(traces) }
}

/**
 * By a hash of the prompt, as a tenant's run splits: a part of the traffic is held out for its gate and teaches
 * nothing. A handful of requests may leave nothing to validate on; then the last of them does.
 */
export function splitOf(traces: readonly Trace[]): Pick<TraceSplit, 'training' | 'validation'> {
  const { training, validation } = splitTraces(traces)
  return validation.length > 0 ? { training, validation } : { training, validation: training.slice(-1) }
}
