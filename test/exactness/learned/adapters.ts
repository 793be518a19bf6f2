import { type AdapterValues, adapterParameters, type RecurrentDraft } from '@foretoken/drafting'
import { randomParameters } from '@foretoken/drafting/testing'
import type { Trace } from '@foretoken/engine'
import { fitAdapter } from '@foretoken/learning/training'

/** Random weights and a full hot-list: the larger the deviation, the less is left of what the static draft knows. */
export function randomTenantAdapter({ artifact, base }: RecurrentDraft, seed: number, deviation: number) {
  const { shape, tokens } = artifact
  const known = new Set(tokens)
  const others = Array.from({ length: base.tables.vocabularySize }, (_, token) => token).filter((id) => !known.has(id))
  const hotTokens = Int32Array.from(others.slice(0, shape.adapter.hotSize))
  return { values: randomParameters(seed, adapterParameters(shape), deviation), hotTokens } satisfies AdapterValues
}

/** What training makes of these traces in a few steps: it drafts better where they come from. */
export async function fittedTenantAdapter(draft: RecurrentDraft, traces: readonly Trace[]): Promise<AdapterValues> {
  const split = { training: traces, validation: traces.filter((_, index) => index % 4 === 0) }
  const options = { threads: 1, signal: new AbortController().signal, onProgress: () => {}, steps: 40 }
  return (await fitAdapter(draft.artifact, draft.base.tables, split, options)).adapter
}
