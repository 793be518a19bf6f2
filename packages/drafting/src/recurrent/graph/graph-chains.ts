import { setImmediate as nextTick } from 'node:timers/promises'
import { serialise } from '@foretoken/graph'
import { InferenceSession, Tensor } from '@foretoken/onnx-runtime'
import type { AdapterValues } from '../adapter.ts'
import type { ChainStart, Chains, DraftedChain } from '../chains.ts'
import { PointerContext, type PointerTables } from '../context.ts'
import type { DraftBase } from '../parts.ts'
import { valuesOf } from '../tensors.ts'
import { AdapterBatches } from './adapter-batches.ts'
import { ChainBatch, floats } from './chain-batch.ts'
import { chainGraph, tokenProductsGraph } from './chain-graph.ts'
import { contextFeeds } from './context-feeds.ts'
import { allInputs, type GraphAdapter, graphAdapter, hotInputs, noAdapter } from './graph-adapter.ts'

export interface GraphOptions {
  readonly threads: number
  /** Tokens per run: longer chains take several. */
  readonly segment: number
}

/**
 * Chains as graphs on ONNX Runtime: for a batch of sequences, each with its own adapter or none, one run per `segment`
 * tokens. After each segment chains go on only while there is one that has not ended and whose confidence in all of it
 * is high enough.
 *
 * Runs never overlap: ONNX Runtime for Node blocks the thread.
 */
export class GraphChains implements Chains {
  /** Four tokens more cost about as much as a third of a step. */
  readonly survivalMin = 0.35
  private readonly sessions = new Map<string, Promise<InferenceSession>>()
  /** What a row without an adapter is fed beside rows with one. */
  private readonly plain: GraphAdapter
  private readonly batches = new AdapterBatches()

  private constructor(
    private readonly base: DraftBase,
    /** [V', d]: all of the target's tokens as they enter the draft. */
    private readonly inputs: Float32Array,
    private readonly options: GraphOptions,
  ) {
    this.plain = noAdapter(base)
  }

  static async open(base: DraftBase, inputs: Float32Array, options: GraphOptions): Promise<GraphChains> {
    const chains = new GraphChains(base, inputs, options)
    await Promise.all([chains.chaining(true, false, false), chains.chaining(false, false, false)])
    return chains
  }

  async prepare(id: string, adapter: AdapterValues): Promise<GraphAdapter> {
    const { hiddenSize: d, adapter: sizes, vocabularySize: V } = this.base.parts.shape
    const session = await this.tokenProducts()
    const hot = hotInputs(adapter.hotTokens, this.base)
    const outputs = await session.run({
      tokens: new Tensor('float32', allInputs(hot, this.base), [V + sizes.hotSize, d]),
      hot: new Tensor('float32', hot, [sizes.hotSize, d]),
      down: new Tensor('float32', valuesOf(adapter.values, 'token_gates.a'), [d, sizes.rank]),
    })
    await nextTick()
    return graphAdapter(id, adapter, { hotGates: floats(outputs.gates), rows: floats(outputs.rows) }, this.base)
  }

  async draft(starts: readonly ChainStart[], lookahead: number, survivalMin: number): Promise<DraftedChain[]> {
    const adapted = starts.some(({ adapter }) => adapter)
    const batch = new ChainBatch(starts, this.plain, { adapted, endIds: this.base.tables.endIds })
    const adapters = batch.adapted ? this.batches.of(batch.adapters, this.base.parts.shape) : undefined
    const context = contextFeeds(starts, batch.adapters, batch.classes)
    let carried: Record<string, Tensor> = { ...this.openingFeeds(starts), ...adapters?.opening }
    for (let from = 0; from < lookahead && batch.survival >= survivalMin; from += this.options.segment) {
      const chaining = await this.chaining(from === 0, batch.adapted, batch.noisy)
      const noise = batch.noisy ? { noise: batch.noise(from, this.options.segment) } : {}
      const outputs = await chaining.run({
        ...context,
        ...adapters?.chain,
        ...noise,
        ...carried,
        places: batch.places(),
      })
      batch.append(outputs.tokens, outputs.confidences, this.options.segment)
      const next = (name: string) => outputs[`next/${name}`] ?? carried[name] ?? empty
      carried = { state: next('state'), gates: next('gates'), residual: next('residual'), pointer: next('pointer') }
    }
    return batch.chains(lookahead)
  }

  /** Compiles and runs every variant once. */
  async warm(): Promise<void> {
    const { shape } = this.base.parts
    const context = new PointerContext(noKeys(shape.pointer, this.base.tables.vocabularySize), [0])
    const start = { hidden: new Float32Array(shape.hiddenSize).fill(1), context }
    const noise = { sampling: { temperature: 1, seed: 0n, choice: 0, gumbel: () => 0 }, position: 0 }
    const adapter = this.plain
    for (const one of [start, { ...start, noise }, { ...start, adapter }, { ...start, adapter, noise }]) {
      await this.draft([one], 2 * this.options.segment, 0)
    }
    await this.tokenProducts()
  }

  async close(): Promise<void> {
    for (const session of this.sessions.values()) await (await session).release()
    this.sessions.clear()
  }

  private openingFeeds(starts: readonly ChainStart[]) {
    const { hiddenSize: d } = this.base.parts.shape
    const [hidden, token] = [new Float32Array(starts.length * d), new Float32Array(starts.length * d)]
    for (const [row, start] of starts.entries()) {
      hidden.set(start.hidden, row * d)
      const { token: last } = start.context
      token.set(this.inputs.subarray(last * d, (last + 1) * d), row * d)
    }
    const dims = [starts.length, 1, d]
    return { hidden: new Tensor('float32', hidden, dims), token: new Tensor('float32', token, dims) }
  }

  private chaining(opens: boolean, adapted: boolean, noisy: boolean): Promise<InferenceSession> {
    const variant = { length: this.options.segment, opens, adapted, noisy }
    return this.session(`chain ${opens} ${adapted} ${noisy}`, () => chainGraph(this.base.parts, variant))
  }

  private tokenProducts(): Promise<InferenceSession> {
    return this.session('tokens', () => tokenProductsGraph(this.base.parts))
  }

  /** Compiled at first use: who evaluates an adapter never meets all variants. */
  private session(name: string, build: () => Parameters<typeof serialise>[0]): Promise<InferenceSession> {
    const known = this.sessions.get(name)
    if (known) return known
    const made = InferenceSession.create(serialise(build()), {
      intraOpNumThreads: this.options.threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
    })
    this.sessions.set(name, made)
    return made
  }
}

const empty = new Tensor('float32', new Float32Array(), [0])

function noKeys(shape: PointerTables['shape'], vocabularySize: number): PointerTables {
  const table = new Float32Array(vocabularySize * shape.rank)
  return { shape, self: table, before: table, second: table }
}
