import { setImmediate as nextTick } from 'node:timers/promises'
import type { AdapterKernel, DraftKernel, KernelStart, Kernels } from '@foretoken/native'
import type { Adapter, AdapterValues } from '../adapter.ts'
import type { ChainStart, Chains, DraftedChain } from '../chains.ts'
import type { PointerContext } from '../context.ts'
import type { DraftBase } from '../parts.ts'
import { DraftError } from '../tensors.ts'
import { type DraftVocabulary, rowsOf } from '../vocabulary.ts'

/** A token more costs a fiftieth of a step, and a row of the target's run about twice that. */
export const SURVIVAL_MIN = 0.2

/**
 * Chains by the compiled kernel, each by itself: a draft's weights stay in the core's cache, so a batch has nothing to
 * share, and each chain stops as soon as its confidence in all of it is too low.
 */
export class NativeChains implements Chains {
  readonly survivalMin = SURVIVAL_MIN
  private readonly kernel: DraftKernel

  constructor(
    kernels: Kernels,
    private readonly base: DraftBase,
    /** [V', d]: all of the target's tokens as they enter the draft. */
    private readonly inputs: Float32Array,
    threads: number,
  ) {
    const { shape, parameters, head, inputs: own, weights } = base.parts
    const { hiddenSize, stateSize, vocabularySize, markovRank, pointer, adapter } = shape
    const sizes = {
      ...{ hiddenSize, stateSize, vocabularySize, markovRank, pointerRank: pointer.rank },
      ...{ adapterRank: adapter.rank, adapterHotSize: adapter.hotSize, adapterMarkovRank: adapter.markovRank },
    }
    const tensors = { ...Object.fromEntries(parameters), head, inputs: own }
    this.kernel = new kernels.DraftKernel(sizes, weights === 'fp32', tensors, base.vocabulary.ids, threads)
  }

  async prepare(id: string, { values, hotTokens }: AdapterValues): Promise<NativeAdapter> {
    const { tables, vocabulary } = this.base
    const all = vocabulary.with(hotTokens)
    const rows = (table: Float32Array, normalise: boolean) => rowsOf(table, hotTokens, tables.hiddenSize, normalise)
    const hot = { hot_head: rows(tables.head, false), hot_inputs: rows(tables.embedding, true) }
    await nextTick()
    const kernel = attempt(() => this.kernel.adapter({ ...Object.fromEntries(values), ...hot }, all.ids))
    return { id, vocabulary: all, kernel, bytes: kernel.bytes + all.bytes }
  }

  async draft(starts: readonly ChainStart[], lookahead: number, survivalMin: number): Promise<DraftedChain[]> {
    if (starts.length === 0 || lookahead === 0) return starts.map(() => ({ tokens: [], confidence: [] }))
    const places = new Int32Array(starts.length * lookahead)
    const confidences = new Float32Array(starts.length * lookahead)
    const kernelStarts = starts.map((start) => this.kernelStart(start))
    const lengths = this.kernel.chains(kernelStarts, survivalMin, places, confidences)
    return starts.map((start, at) => {
      const { ids } = this.vocabularyOf(start)
      const [from, to] = [at * lookahead, at * lookahead + (lengths[at] ?? 0)]
      return {
        tokens: Array.from(places.subarray(from, to), (place) => ids[place] ?? 0),
        confidence: Array.from(confidences.subarray(from, to)),
      }
    })
  }

  async warm(): Promise<void> {}

  async close(): Promise<void> {}

  private kernelStart(start: ChainStart): KernelStart {
    const { hidden, context, adapter, noise } = start
    const vocabulary = this.vocabularyOf(start)
    const { token } = context
    const width = hidden.length
    return {
      hidden,
      input: this.inputs.subarray(token * width, (token + 1) * width),
      last: vocabulary.placeOf(token, vocabulary.size),
      keys: context.keys(),
      context: placesOf(context, vocabulary),
      ...(adapter && { adapter: asNativeAdapter(adapter).kernel }),
      ...(noise && { noise: { ...drawOf(noise.sampling), position: noise.position } }),
      ends: Int32Array.from(this.base.tables.endIds, (id) => vocabulary.placeOf(id, -1)),
    }
  }

  private vocabularyOf({ adapter }: ChainStart): DraftVocabulary {
    return adapter ? asNativeAdapter(adapter).vocabulary : this.base.vocabulary
  }
}

interface NativeAdapter extends Adapter {
  readonly kernel: AdapterKernel
}

function asNativeAdapter(adapter: Adapter): NativeAdapter {
  if ('kernel' in adapter) return adapter as NativeAdapter
  throw new Error(`adapter ${adapter.id} was not prepared for the kernel`)
}

function placesOf(context: PointerContext, vocabulary: DraftVocabulary): Int32Array {
  return context.tokens().map((id) => vocabulary.placeOf(id, -1))
}

function drawOf({ seed, choice, temperature }: { seed: bigint; choice: number; temperature: number }) {
  return { seed, choice, temperature }
}

function attempt<Result>(make: () => Result): Result {
  try {
    return make()
  } catch (cause) {
    throw new DraftError(cause instanceof Error ? cause.message : String(cause))
  }
}
