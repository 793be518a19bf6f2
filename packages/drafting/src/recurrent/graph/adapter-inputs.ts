import type { GraphBuilder, Value } from '@foretoken/graph'
import type { DraftShape } from '../shape.ts'

/** Which graphs read an input: those that open a chain, or all. */
export type Stage = 'opening' | 'chain'

/** One adapter's share of a graph input: the graph sees the shares of its rows one behind the other. */
export interface AdapterInput {
  readonly stage: Stage
  /** Of one adapter. */
  readonly shape: readonly [number, number]
  /** A table is looked up by row and needs no batch axis: [B · rows, columns] instead of [B, rows, columns]. */
  readonly table?: true
}

/**
 * An adapter as the graphs read it. `hidden.a` and `state.a` join what a hidden state and a state are multiplied down
 * with, `head.b` what ends in the logits and `gates.b` what ends in the gates; `token_gates.rows` and `hot_gates` are
 * products that a draft token's identity alone decides. `head_bias` is the draft's and the adapter's.
 */
export function adapterInputTable(shape: DraftShape) {
  const { hiddenSize: d, stateSize: s, vocabularySize: V, pointer } = shape
  const { rank: r, hotSize: H, markovRank: k } = shape.adapter
  const opening = (rows: number, columns: number): AdapterInput => ({ stage: 'opening', shape: [rows, columns] })
  const chain = (rows: number, columns: number): AdapterInput => ({ stage: 'chain', shape: [rows, columns] })
  const table = (rows: number, columns: number): AdapterInput => ({ ...chain(rows, columns), table: true })
  return {
    'opening/hidden.a': opening(d, 3 * r),
    'opening/state_in.b': opening(r, s),
    'opening/residual.b': opening(r, d),
    'opening/pointer_hidden.b': opening(r, pointer.rank),
    'opening/state_gates.a': opening(s, r),
    'opening/token_gates.a': opening(d, r),
    'chain/state.a': chain(s, 4 * r),
    'chain/gates.b': chain(2 * r, 2 * s),
    'chain/query.b': chain(r, d),
    'chain/pointer_query.b': chain(r, pointer.rank),
    'chain/head.b': chain(r + k, V + H),
    'chain/head_bias': chain(1, V + H),
    'chain/hot_head': chain(d, H),
    'chain/hot_gates': table(H, 2 * s),
    'chain/token_gates.rows': table(V + H, r),
    'chain/markov.a': table(V + H + 1, k),
  } satisfies Record<`${Stage}/${string}`, AdapterInput>
}

export type AdapterInputName = keyof ReturnType<typeof adapterInputTable>

export interface AdapterValuesIn {
  /** [B, rows, columns] */
  value(name: AdapterInputName): Value
  /** Each row's own entry of a table: [B, 1, columns] for places [B, 1]. */
  row(name: AdapterInputName, places: Value): Value
}

/** Declares the inputs that a graph reads and gives their values. */
export function adapterInputs(graph: GraphBuilder, shape: DraftShape, opens: boolean): AdapterValuesIn {
  const values = new Map<string, { value: Value; rows: number }>()
  for (const [name, input] of Object.entries<AdapterInput>(adapterInputTable(shape))) {
    if (input.stage === 'opening' && !opens) continue
    const [rows, columns] = input.shape
    const dims = input.table ? [`batch*${rows}`, columns] : ['batch', rows, columns]
    values.set(name, { value: graph.input(name, 'float32', dims), rows })
  }
  const find = (name: string) => values.get(name) ?? graph.refuse('adapter', `has no ${name}`)
  const row = graph.input('row', 'int64', ['batch', 1])
  return {
    value: (name) => find(name).value,
    row: (name, places) => {
      const { value, rows } = find(name)
      return graph.gather(value, graph.add(graph.mul(row, graph.scalar(rows, 'int64')), places))
    },
  }
}
