/**
 * Sizes of a recurrent draft. d is the target's hidden width, s the draft's state, V its vocabulary, H the room for a
 * tenant's hot-list, m and k the ranks of the shared and the tenant's Markov bias, r the rank of an adapter, R the width
 * of the pointer's keys.
 */
export interface DraftShape {
  /** d */
  readonly hiddenSize: number
  /** s */
  readonly stateSize: number
  /** V: how many of the target's tokens the draft can propose. */
  readonly vocabularySize: number
  /** m */
  readonly markovRank: number
  readonly pointer: PointerShape
  readonly adapter: AdapterShape
}

/** How the draft points at what stands in the request: see definition.ts. */
export interface PointerShape {
  /** R */
  readonly rank: number
  /** How many of the last tokens can be pointed at. */
  readonly window: number
}

/** All adapters of a draft have one shape, so that one run serves any mix of them. */
export interface AdapterShape {
  /** r */
  readonly rank: number
  /** H: a tenant's own draft tokens, beyond V. */
  readonly hotSize: number
  /** k */
  readonly markovRank: number
}

/** 8 bits read a quarter of the bytes, and a draft needs no exactness; fp32 is the reference. */
export type DraftPrecision = 'fp32' | 'int8'

export interface ParameterSpec {
  readonly shape: readonly number[]
  /** Standard deviation of its first values, around `start` or 0. */
  readonly deviation: number
  readonly start?: number
}

export type ParameterTable = Readonly<Record<string, ParameterSpec>>

const gaussian = (rows: number, columns: number, deviation = rows ** -0.5): ParameterSpec => ({
  shape: [rows, columns],
  deviation,
})
const zeros = (...shape: readonly number[]): ParameterSpec => ({ shape, deviation: 0 })

/** What a static draft trains and stores. Its token tables are the target's and not part of it. */
export function draftParameters(shape: DraftShape) {
  const { hiddenSize: d, stateSize: s, vocabularySize: V, markovRank: m, pointer } = shape
  return {
    state_in: gaussian(d, s),
    residual: zeros(d, d),
    token_gates: gaussian(d, 2 * s),
    state_gates: gaussian(s, 2 * s),
    gate_bias: zeros(2 * s),
    query: gaussian(s, d),
    head_bias: zeros(V),
    /** Row V stands for every token that the draft does not know. */
    markov_rows: gaussian(V + 1, m, 0.02),
    markov_up: zeros(m, V),
    /** A key from the token itself, the one before it, and the one before that. */
    pointer_self: gaussian(d, pointer.rank),
    pointer_before: gaussian(d, pointer.rank),
    pointer_second: gaussian(d, pointer.rank),
    pointer_query: gaussian(s, pointer.rank),
    pointer_hidden: gaussian(d, pointer.rank),
    /** Starts low: a draft learns its vocabulary first, and then where pointing is better. */
    pointer_bias: { ...zeros(1), start: -4 },
    confidence_state: zeros(s, 1),
    confidence_top: zeros(1),
    confidence_bias: zeros(1),
  } satisfies ParameterTable
}

/**
 * What a tenant's adapter trains and stores: pairs `<module>.a`, `<module>.b` whose product is added to the draft's
 * matrix (LoRA, Hu et al. 2021), a bias, and rows of a Markov bias. Each `.b` starts at zero: a fresh adapter is the
 * static draft.
 */
export function adapterParameters(shape: DraftShape) {
  const { hiddenSize: d, stateSize: s, vocabularySize: V } = shape
  const { rank: r, hotSize: H, markovRank: k } = shape.adapter
  const { rank: R } = shape.pointer
  const pair = (name: string, rows: number, columns: number) => ({
    [`${name}.a`]: gaussian(rows, r),
    [`${name}.b`]: zeros(r, columns),
  })
  return {
    ...pair('state_in', d, s),
    ...pair('residual', d, d),
    ...pair('token_gates', d, 2 * s),
    ...pair('state_gates', s, 2 * s),
    ...pair('query', s, d),
    ...pair('head', s, V + H),
    ...pair('pointer_hidden', d, R),
    ...pair('pointer_query', s, R),
    pointer_bias: zeros(1),
    head_bias: zeros(V + H),
    /** Row V + H stands for every other token. */
    'markov.a': gaussian(V + H + 1, k, 0.1),
    'markov.b': zeros(k, V + H),
  } satisfies ParameterTable
}

export function parameterCount(table: ParameterTable): number {
  return Object.values(table).reduce((total, { shape }) => total + shape.reduce((size, dim) => size * dim, 1), 0)
}
