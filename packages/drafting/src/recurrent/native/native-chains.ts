import { setImmediate as nextTick } from 'node:timers/promises'
import type { AdapterKernel, DraftKernel, Kernels } from '@foretoken/native'
import type { Adapter, AdapterValues } from '../adapter.ts'
import type { ChainStart, Chains, DraftedChain } from '../chains.ts'
import type { PointerContext } from '../context.ts'
import type { DraftBase } from '../parts.ts'
import { DraftError } from '../tensors.ts'
import { type DraftVocabulary, rowsOf } from '../vocabulary.ts'

/** A token more costs a fiftieth of a step, and a row of the target's run about twice that. */
export const SURVIVAL_MIN = 0.2

/**
 * Chains by the compiled kernel, one sequence after the other: a draft's weights stay in the core's cache, so a batch
 * has nothing to share, and each chain stops by itself as soon as its confidence in all of it is too low.
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
    return starts.map((start) => this.chain(start, lookahead, survivalMin))
  }

  async warm(): Promise<void> {}

  async close(): Promise<void> {}

  private chain({ hidden, context, adapter, noise }: ChainStart, lookahead: number, survivalMin: number): DraftedChain {
    const own = adapter && asNativeAdapter(adapter)
    const vocabulary = own?.vocabulary ?? this.base.vocabulary
    const classes = vocabulary.size
    const { token } = context
    const width = hidden.length
    const places = new Int32Array(lookahead)
    const confidences = new Float32Array(lookahead)
    const length = this.kernel.chain(
      hidden,
      this.inputs.subarray(token * width, (token + 1) * width),
      vocabulary.placeOf(token, classes),
      context.keys(),
      placesOf(context, vocabulary),
      own?.kernel,
      noise && { ...drawOf(noise.sampling), position: noise.position },
      survivalMin,
      Int32Array.from(this.base.tables.endIds, (id) => vocabulary.placeOf(id, -1)),
      places,
      confidences,
    )
    return {
      tokens: Array.from(places.subarray(0, length), (place) => vocabulary.ids[place] ?? 0),
      confidence: Array.from(confidences.subarray(0, length)),
    }
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
