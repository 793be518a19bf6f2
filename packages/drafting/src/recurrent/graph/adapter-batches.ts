import { Tensor } from '@foretoken/onnx-runtime'
import type { DraftShape } from '../shape.ts'
import { type AdapterInput, type AdapterInputName, adapterInputTable, type Stage } from './adapter-inputs.ts'
import { batchedShape, type GraphAdapter } from './graph-adapter.ts'

type Feeds = Record<string, Tensor>

const BATCHES_KEPT = 3

/**
 * Adapters of a batch as graph inputs. The latest batches are kept: their members seldom change from step to step, and
 * a step that compares two arms is followed by one that does not.
 */
export class AdapterBatches {
  /** The latest last. */
  private readonly known: { readonly adapters: readonly GraphAdapter[]; readonly feeds: Record<Stage, Feeds> }[] = []

  of(adapters: readonly GraphAdapter[], shape: DraftShape): Record<Stage, Feeds> {
    const same = (others: readonly GraphAdapter[]) =>
      adapters.length === others.length && adapters.every((each, row) => each === others[row])
    const at = this.known.findIndex((batch) => same(batch.adapters))
    const [found] = at < 0 ? [] : this.known.splice(at, 1)
    const batch = found ?? { adapters, feeds: this.feedsOf(adapters, shape) }
    this.known.push(batch)
    if (this.known.length > BATCHES_KEPT) this.known.shift()
    return batch.feeds
  }

  private feedsOf(adapters: readonly GraphAdapter[], shape: DraftShape): Record<Stage, Feeds> {
    const feeds: Record<Stage, Feeds> = { opening: {}, chain: {} }
    for (const [name, input] of Object.entries<AdapterInput>(adapterInputTable(shape))) {
      const parts = adapters.map((adapter) => adapter.inputs[name as AdapterInputName])
      feeds[input.stage][name] = new Tensor('float32', joined(parts), batchedShape(input, adapters.length))
    }
    const rows = BigInt64Array.from(adapters, (_, row) => BigInt(row))
    feeds.chain.row = new Tensor('int64', rows, [adapters.length, 1])
    return feeds
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1 && parts[0]) return parts[0]
  const result = new Float32Array(parts.reduce((total, part) => total + part.length, 0))
  let offset = 0
  for (const part of parts) {
    result.set(part, offset)
    offset += part.length
  }
  return result
}
