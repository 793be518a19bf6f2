/**
 * Compiled kernels (Rust, napi-rs): what a step spends its time on. `npm ci` builds them where there is cargo, and
 * `npm run -w native build` after a change. They are an optimisation and nothing else: what they compute has a
 * TypeScript reference, and who uses them has another way where they are missing. Grammars (llguidance) are the
 * exception: without them requests for structured outputs are refused.
 *
 * Every call checks the lengths of what it is given and throws; none keeps a reference to its arguments. Kernels of one
 * process with as many threads share them, and wait for one another.
 */
import { createRequire } from 'node:module'

export interface Kernels {
  readonly DraftKernel: new (
    shape: KernelShape,
    /** Weights as they are, instead of in 8 bits and bfloat16: to compare with the reference. */
    full: boolean,
    /** The draft's parameters by name, `head` [V, d] and `inputs` [V, d]. */
    tensors: Readonly<Record<string, Float32Array>>,
    /** [V] the target's ids of the draft's tokens. */
    ids: Int32Array,
    threads: number,
  ) => DraftKernel
  readonly TargetKernel: new (
    shape: TargetKernelShape,
    /** Of the matrices' weights. */
    bits: 32 | 8 | 4,
    /**
     * embedding, final_norm, head (absent: the embedding), the rotary tables cosine and sine; and of each layer N
     * layers.N.norm, query_key_value, head_norms (absent: none), output, feed_forward_norm, gate_up and down, as
     * LayerWeights of packages/model has them. With 8 or 4 bits each matrix but the embedding is in `codes`, as
     * `quantise` of packages/model makes them, with its scales here as NAME.scales.
     */
    tensors: Readonly<Record<string, Float32Array>>,
    codes: Readonly<Record<string, Uint8Array>>,
    threads: number,
  ) => TargetKernel
  readonly SamplingKernel: new (
    vocabularySize: number,
    /** e^(−j/64) for j from 0 to 2,560, as the engine's `exponential` has them. */
    exponentials: Float64Array,
  ) => SamplingKernel
  /**
   * Copies rows of a run to a KV cache.
   *
   * @param sides keys and values of each layer in turn, [slots, H, capacity, D]
   * @param row receives the first of them
   * @param delta [sides, batch, H, rows of a sequence, D]
   * @param path which rows of sequence `index`
   */
  appendRows(
    sides: readonly Float32Array[],
    capacity: number,
    slot: number,
    row: number,
    delta: Float32Array,
    batch: number,
    index: number,
    heads: number,
    headDim: number,
    path: Int32Array,
  ): void
  readonly GrammarVocabulary: new (
    /** All tokens' bytes: token i is the part before ends[i] that no earlier one has; special tokens begin with 0xFF. */
    bytes: Uint8Array,
    ends: Uint32Array,
    /** Tokens that end a text. */
    endIds: Uint32Array,
  ) => GrammarVocabulary
  /** out[i]: Gumbel noise of token ids[i] times the temperature, as a chain adds it. */
  draftNoise(noise: KernelNoise, ids: Int32Array, out: Float32Array): void
}

export interface KernelShape {
  readonly hiddenSize: number
  readonly stateSize: number
  readonly vocabularySize: number
  readonly markovRank: number
  readonly pointerRank: number
  readonly adapterRank: number
  readonly adapterHotSize: number
  readonly adapterMarkovRank: number
}

/** Whose noise it is (see `Noise` in packages/engine), from which position on. */
export interface KernelNoise {
  readonly seed: bigint
  readonly choice: number
  readonly position: number
  readonly temperature: number
}

export interface DraftKernel {
  /**
   * @param tensors the adapter's parameters by name, `hot_head` [h, d] and `hot_inputs` [h, d]
   * @param ids [V + h] the target's ids of the draft's tokens and of the tenant's
   */
  adapter(tensors: Readonly<Record<string, Float32Array>>, ids: Int32Array): AdapterKernel
  /**
   * A chain from each start, of up to L tokens. One is drafted by all threads, of several each by one.
   *
   * @param survivalMin a chain ends when the confidence in all of it falls below
   * @param places [starts, L] receives draft ids, and `confidences` how sure the draft is of each
   * @returns how many tokens each has
   */
  chains(starts: readonly KernelStart[], survivalMin: number, places: Int32Array, confidences: Float32Array): number[]
}

/** Where a chain starts. */
export interface KernelStart {
  /** [d] the target's final hidden state */
  readonly hidden: Float32Array
  /** [d] the last token as it enters the draft */
  readonly input: Float32Array
  /** Its draft id; any larger number when it has none. */
  readonly last: number
  /** [L, R] */
  readonly keys: Float32Array
  /** [L] draft ids of what can be pointed at, or -1 */
  readonly context: Int32Array
  readonly adapter?: AdapterKernel
  readonly noise?: KernelNoise
  /** Draft ids after which it ends. */
  readonly ends: Int32Array
}

export interface TargetKernelShape {
  readonly layers: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly headDim: number
  readonly hiddenSize: number
  readonly feedForwardSize: number
  readonly vocabularySize: number
  readonly positionsMax: number
  readonly normEpsilon: number
}

export interface TargetKernel {
  /**
   * As TargetInput and TargetOutput of packages/model; an empty mask is the causal one, and without lengths all rows
   * count.
   */
  run(
    batch: number,
    capacity: number,
    tokens: Int32Array,
    positions: Int32Array,
    past: Int32Array,
    lengths: Int32Array,
    mask: Float32Array,
    keys: readonly Float32Array[],
    values: readonly Float32Array[],
    logitRows: Int32Array,
    logits: Float32Array,
    hidden: Float32Array,
    delta: Float32Array,
  ): void
}

export interface AdapterKernel {
  readonly bytes: number
}

/** SamplingParameters of packages/engine, as far as they are no penalties or bias. */
export interface KernelSampling {
  readonly greedy: boolean
  readonly temperature: number
  /** −∞ where min-p is off. */
  readonly lnMinP: number
  readonly topK: number
  readonly topP: number
  readonly seed: bigint
  readonly choice: number
}

declare const sampling: unique symbol

/** {@link KernelSampling} in the form that the kernel reads. */
export interface SamplingKernelSequence {
  readonly [sampling]: never
}

export interface SamplingKernel {
  sequence(parameters: KernelSampling): SamplingKernelSequence
  /**
   * The token at `position` from the row [V] at `offset`; or −1 where the caller must ask its own sampler: two tokens
   * are too close to tell apart without its very logarithms, or the row is no distribution.
   */
  draw(logits: Float32Array, offset: number, sequence: SamplingKernelSequence, position: number): number
  /** The same from scores [≥ V] that bias and penalties have changed already. */
  drawPenalised(scores: Float64Array, sequence: SamplingKernelSequence, position: number): number
  /** Both where only tokens with a bit in `mask` [⌈V / 32⌉] are possible. */
  drawMasked(
    logits: Float32Array,
    offset: number,
    mask: Uint32Array,
    sequence: SamplingKernelSequence,
    position: number,
  ): number
  drawPenalisedMasked(
    scores: Float64Array,
    mask: Uint32Array,
    sequence: SamplingKernelSequence,
    position: number,
  ): number
  /**
   * Fills `ids` with the likeliest tokens of the row [V] at `offset`, lower ids first among equals, −1 where no more
   * have a probability.
   *
   * @returns Σ e^(logit − that of the first); or −1 when the row is no distribution
   */
  likeliest(logits: Float32Array, offset: number, ids: Int32Array): number
}

/** A model's tokens as grammars see them. */
export interface GrammarVocabulary {
  /**
   * Compiles on a thread of its own, within limits of size, depth and work: JSON schemas and Lark grammars as
   * `llguidance` reads them, regular expressions in Rust's syntax with ASCII classes. Rejects with a sentence that says
   * what is wrong with the source.
   */
  compile(kind: 'json' | 'regex' | 'lark', source: string): Promise<CompiledGrammar>
}

export interface CompiledGrammar {
  /** A text that has not begun. Matchers of one grammar share what its lexer has learned. */
  matcher(): GrammarMatcher
  /** What it takes by now; it grows with the texts that were matched. */
  readonly bytes: number
}

/** A text that follows a grammar so far. One that has thrown keeps throwing, whatever it is asked. */
export interface GrammarMatcher {
  /** Nothing can follow but the end. */
  readonly ended: boolean
  /** Sets bit i of `mask` [⌈V / 32⌉] where token i can follow; ends of text where it may end, alone where it must. */
  mask(mask: Uint32Array): void
  /** The text goes on with these tokens; throws where one can't follow. */
  advance(tokens: Uint32Array): void
  /** Forgets the last tokens, none of which may be an end of text. */
  rollback(tokens: number): void
  /** How many of the tokens can follow, one after the other. */
  accepted(tokens: Uint32Array): number
  /** Bytes that any text goes on with from here; undefined: none. */
  forced(): Uint8Array | undefined
  /** How many of the tokens that spell what is forced stay, whatever comes behind and is spelled together with it. */
  settled(tokens: Uint32Array): number
  /** Another text that begins as this one. */
  fork(): GrammarMatcher
}

/** Undefined where they were not built, or FORETOKEN_NATIVE is `off`. */
export const kernels: Kernels | undefined = load()

function load(): Kernels | undefined {
  if (process.env.FORETOKEN_NATIVE === 'off') return undefined
  try {
    return createRequire(import.meta.url)('./foretoken.node')
  } catch {
    return undefined
  }
}
