import { availableParallelism } from 'node:os'
import { serialise } from '@foretoken/graph'
import { readTokenTables, type TokenTables } from '@foretoken/model'
import { kernels } from '@foretoken/native'
import { InferenceSession, Tensor } from '@foretoken/onnx-runtime'
import { type Adapter, type AdapterSource, type AdapterValues, decodeAdapter, emptyAdapter } from './adapter.ts'
import type { DraftArtifact } from './artifact.ts'
import type { ChainStart, Chains, DraftedChain } from './chains.ts'
import { PointerContext, type PointerTables, pointerTablesGraph } from './context.ts'
import { floats } from './graph/chain-batch.ts'
import { GraphChains } from './graph/graph-chains.ts'
import { NativeChains } from './native/native-chains.ts'
import type { DraftBase } from './parts.ts'
import type { DraftPrecision } from './shape.ts'
import { DraftError } from './tensors.ts'
import { DraftVocabulary, rowsOf, tokenInputs } from './vocabulary.ts'

export interface RecurrentDraftOptions {
  /** Absent: as the draft says, or 8 bits. */
  readonly weights?: DraftPrecision
  /** What computes chains: compiled code where it was built, otherwise graphs on ONNX Runtime. */
  readonly chains?: 'native' | 'graph'
  /** Compiled code runs on all cores unless told otherwise, as the target does; graphs gain nothing from a second. */
  readonly threads?: number
  /** Tokens per run of a graph: longer chains take several. */
  readonly segment?: number
}

/**
 * A recurrent draft with the target's tables: one call drafts for a batch of sequences, each with its own adapter or
 * none.
 */
export class RecurrentDraft {
  private constructor(
    readonly artifact: DraftArtifact,
    readonly base: DraftBase,
    private readonly pointerTables: PointerTables,
    private readonly chains: Chains,
    /** An adapter that changes nothing, to time one without having one. */
    readonly plain: Adapter,
  ) {}

  /** @param target folder of the target or its token tables. Throws DraftError when they do not fit the draft. */
  static async open(
    artifact: DraftArtifact,
    target: string | TokenTables,
    options: RecurrentDraftOptions = {},
  ): Promise<RecurrentDraft> {
    const {
      weights = artifact.precision ?? 'int8',
      threads,
      segment = 4,
      chains: wanted = kernels ? 'native' : 'graph',
    } = options
    const tables = typeof target === 'string' ? await readTokenTables(target) : target
    const base = baseOf(artifact, tables, weights)
    const inputs = tokenInputs(tables)
    if (wanted === 'native' && !kernels) throw new DraftError('the native kernels were not built')
    const chains =
      wanted === 'native' && kernels
        ? new NativeChains(kernels, base, inputs, threads ?? availableParallelism())
        : await GraphChains.open(base, inputs, { threads: threads ?? 1, segment })
    const plain = await chains.prepare('', emptyAdapter(artifact.shape))
    return new RecurrentDraft(artifact, base, await pointerTablesOf(artifact, inputs), chains, plain)
  }

  /** As Chains.survivalMin. */
  get survivalMin(): number {
    return this.chains.survivalMin
  }

  /** What a sequence's drafts can point at; whoever holds it pushes what is committed. */
  contextOf(tokens: Iterable<number>): PointerContext {
    return new PointerContext(this.pointerTables, tokens)
  }

  /** Some milliseconds in short pieces, so that it can happen beside serving. Rejects with DraftError. */
  async readAdapter({ id, bytes }: AdapterSource): Promise<Adapter> {
    return await this.prepareAdapter(id, await decodeAdapter(bytes, this.base))
  }

  prepareAdapter(id: string, adapter: AdapterValues): Promise<Adapter> {
    return this.chains.prepare(id, adapter)
  }

  /**
   * Up to `lookahead` tokens for each start, while the confidence in all of a chain is at least `survivalMin`; where
   * graphs draft for a batch, while that is so for one of them, a segment at a time.
   */
  async draft(starts: readonly ChainStart[], lookahead: number, survivalMin = 0): Promise<DraftedChain[]> {
    if (starts.length === 0) return []
    return await this.chains.draft(starts, lookahead, survivalMin)
  }

  /** So that no request pays for being the first that is sampled, or the first with an adapter. */
  warm(): Promise<void> {
    return this.chains.warm()
  }

  close(): Promise<void> {
    return this.chains.close()
  }
}

function baseOf({ shape, parameters, tokens }: DraftArtifact, tables: TokenTables, weights: DraftPrecision): DraftBase {
  if (tables.hiddenSize !== shape.hiddenSize) {
    throw new DraftError(`it reads hidden states of width ${shape.hiddenSize}, the target's are ${tables.hiddenSize}`)
  }
  const vocabulary = new DraftVocabulary(tokens, tables.vocabularySize)
  const head = rowsOf(tables.head, tokens, shape.hiddenSize, false)
  const inputs = rowsOf(tables.embedding, tokens, shape.hiddenSize, true)
  return { parts: { shape, parameters, head, inputs, weights }, vocabulary, tables }
}

/** @param inputs [V', d]: the target's tokens as they enter the draft */
async function pointerTablesOf({ parameters, shape }: DraftArtifact, inputs: Float32Array): Promise<PointerTables> {
  const { hiddenSize: d, pointer } = shape
  const session = await InferenceSession.create(serialise(pointerTablesGraph(parameters, pointer, d)))
  const outputs = await session.run({ tokens: new Tensor('float32', inputs, [inputs.length / d, d]) })
  await session.release()
  const table = (name: string) => floats(outputs[`tables/${name}`])
  return { shape: pointer, self: table('self'), before: table('before'), second: table('second') }
}
