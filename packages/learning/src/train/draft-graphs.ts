import type { ConfidenceParameters, DraftShape, Parameters, ParameterTable } from '@foretoken/drafting'
import { adapterParameters, CLOSED_LOGIT, DraftError, draftParameters } from '@foretoken/drafting'
import {
  createGraph,
  type Graph,
  type GraphBuilder,
  type TrainingStep,
  trainingStep,
  type Value,
} from '@foretoken/graph'
import { choices, draftLoss, type LossOptions } from './loss.ts'
import { type TrainedMaps, unrolled } from './unrolled.ts'

/** The graphs of something trainable: one run is a training step, or says which choices would have been accepted. */
export interface TrainableDraft {
  readonly parameters: ParameterTable
  /** Draft ids that it tells apart. */
  readonly classes: number
  /** Whether batches carry the token's share of the gates (an adapter's base is frozen) or only the token. */
  readonly frozenGates: boolean
  training(options: LossOptions, weightDecay: number): TrainingStep
  /** Outputs matches [depth · N] and confidences [depth · N], logits. */
  replay(depth: number): Graph
}

/** A whole static draft. `head` [V, d] is the target's, `words` [V', d] all of its tokens as they enter the draft. */
export function trainableStatic(shape: DraftShape, head: Float32Array, words: Float32Array): TrainableDraft {
  const parameters = draftParameters(shape)
  return trainable(shape, parameters, shape.vocabularySize, (graph, parameter) => {
    const inputs = tokenInputs(graph, shape)
    const headTable = graph.constant('head', 'float32', [shape.vocabularySize, shape.hiddenSize], head)
    const maps: TrainedMaps = {
      stateIn: (hidden) => graph.matMul(hidden, parameter('state_in')),
      residual: (hidden) => graph.matMul(hidden, parameter('residual')),
      tokenGates: (depth) => graph.add(graph.matMul(inputs(depth), parameter('token_gates')), parameter('gate_bias')),
      stateGates: (state) => graph.matMul(state, parameter('state_gates')),
      query: (states) => graph.matMul(states, parameter('query')),
      logits: (query, _states, places) => {
        const scores = graph.add(graph.fusedMatMul(query, headTable, { transB: true }), parameter('head_bias'))
        return graph.add(scores, graph.matMul(graph.gather(parameter('markov_rows'), places), parameter('markov_up')))
      },
      pointerTables: pointerTables(graph, shape, words, parameter),
      pointerQuery: (state, hidden) =>
        graph.add(graph.matMul(state, parameter('pointer_query')), graph.matMul(hidden, parameter('pointer_hidden'))),
      pointerBias: () => parameter('pointer_bias'),
    }
    const confidences = {
      state: parameter('confidence_state'),
      top: parameter('confidence_top'),
      bias: parameter('confidence_bias'),
    }
    return { maps, confidences }
  })
}

/**
 * A tenant's adapter on a frozen draft. `head` [V + H, d] are the target's rows for the draft's and the tenant's tokens
 * (hot-list padded with zeros), `words` [V', d] all of its tokens as they enter the draft.
 */
export function trainableAdapter(
  shape: DraftShape,
  base: Parameters,
  { head, words }: { readonly head: Float32Array; readonly words: Float32Array },
): TrainableDraft {
  const { hiddenSize: d, vocabularySize: V, adapter } = shape
  const classes = V + adapter.hotSize
  const frozen = (graph: GraphBuilder) => {
    const specs: ParameterTable = draftParameters(shape)
    return (name: keyof ReturnType<typeof draftParameters>) => {
      const data = base.get(name)
      if (!data) throw new DraftError(`parameter ${name} is missing`)
      return graph.constant(`base/${name}`, 'float32', specs[name]?.shape ?? [], data)
    }
  }
  const built = trainable(shape, adapterParameters(shape), classes, (graph, parameter) => {
    const draft = frozen(graph)
    const inputs = tokenInputs(graph, shape)
    const gates = baseGates(graph, shape)
    const pair = (x: Value, name: string) =>
      graph.matMul(graph.matMul(x, parameter(`${name}.a`)), parameter(`${name}.b`))
    const [stateIn, residual, stateGates, query] = [
      draft('state_in'),
      draft('residual'),
      draft('state_gates'),
      draft('query'),
    ]
    const headTable = graph.constant('head', 'float32', [classes, d], head)
    const bias = graph.constant('base/head_bias', 'float32', [classes], openBias(base, head, classes))
    const markovRows = draft('markov_rows')
    const markovUp = graph.pad(draft('markov_up'), 0, adapter.hotSize)
    const maps: TrainedMaps = {
      stateIn: (hidden) => graph.add(graph.matMul(hidden, stateIn), pair(hidden, 'state_in')),
      residual: (hidden) => graph.add(graph.matMul(hidden, residual), pair(hidden, 'residual')),
      tokenGates: (depth) => graph.add(gates(depth), pair(inputs(depth), 'token_gates')),
      stateGates: (state) => graph.add(graph.matMul(state, stateGates), pair(state, 'state_gates')),
      query: (states) => graph.add(graph.matMul(states, query), pair(states, 'query')),
      logits: (asked, states, places) => {
        const known = graph.min(places, graph.scalar(V, 'int64'))
        const shared = graph.add(graph.fusedMatMul(asked, headTable, { transB: true }), bias)
        const markov = graph.matMul(graph.gather(markovRows, known), markovUp)
        const own = graph.matMul(graph.gather(parameter('markov.a'), places), parameter('markov.b'))
        return sum(graph, [shared, markov, pair(states, 'head'), own, parameter('head_bias')])
      },
      pointerTables: pointerTables(graph, shape, words, draft),
      pointerQuery: (state, hidden) =>
        sum(graph, [
          graph.matMul(state, draft('pointer_query')),
          graph.matMul(hidden, draft('pointer_hidden')),
          pair(state, 'pointer_query'),
          pair(hidden, 'pointer_hidden'),
        ]),
      pointerBias: () => graph.add(draft('pointer_bias'), parameter('pointer_bias')),
    }
    const confidences = {
      state: draft('confidence_state'),
      top: draft('confidence_top'),
      bias: draft('confidence_bias'),
    }
    return { maps, confidences }
  })
  return { ...built, frozenGates: true }
}

/** [classes]: the draft's bias, and the room that the hot-list leaves closed, as it is where the adapter serves. */
function openBias(base: Parameters, head: Float32Array, classes: number): Float32Array {
  const own = base.get('head_bias') ?? new Float32Array()
  const width = head.length / classes
  const isToken = (place: number) => head.subarray(place * width, (place + 1) * width).some((value) => value !== 0)
  return Float32Array.from({ length: classes }, (_, place) => {
    return place < own.length ? (own[place] ?? 0) : isToken(place) ? 0 : CLOSED_LOGIT
  })
}

type Parameter = (name: string) => Value
type Build = (graph: GraphBuilder, parameter: Parameter) => { maps: TrainedMaps; confidences: ConfidenceParameters }

function trainable(shape: DraftShape, table: ParameterTable, classes: number, build: Build): TrainableDraft {
  const { stateSize, hiddenSize } = shape
  const start = (name: string) => {
    const graph = createGraph(name)
    const values = new Map(
      Object.entries(table).map(([key, spec]) => [key, graph.input(`parameter/${key}`, 'float32', spec.shape)]),
    )
    const built = build(graph, (key) => values.get(key) ?? graph.refuse('train', `no parameter ${key}`))
    return { graph, values, ...built }
  }
  return {
    parameters: table,
    classes,
    frozenGates: false,
    training: (options, weightDecay) => {
      const { graph, values, maps, confidences } = start('draft-training')
      const predictions = unrolled(graph, maps, { depth: options.depth, stateSize, hiddenSize })
      const loss = draftLoss(graph, predictions, confidences, options)
      const parameters = [...values.values()].map((value) => ({ value, decay: 'zero' as const }))
      return trainingStep({ graph, loss, parameters, weightDecay, beta2: BETA2 })
    },
    replay: (depth) => {
      const { graph, maps, confidences: parameters } = start('draft-replay')
      const predictions = unrolled(graph, maps, { depth, stateSize, hiddenSize })
      const { matches, confidences } = choices(graph, predictions, graph.logSoftmax(predictions.logits), parameters)
      graph.output('matches', matches)
      graph.output('confidences', confidences)
      return graph.finish()
    },
  }
}

/** Short runs: the second moment has to follow within a hundred steps. */
const BETA2 = 0.98

/** inputs.<depth> [N, d]: the tokens before each prediction as they enter the draft. */
function tokenInputs(graph: GraphBuilder, { hiddenSize }: DraftShape) {
  return (depth: number) => graph.input(`inputs.${depth}`, 'float32', ['batch', hiddenSize])
}

/** gates.<depth> [N, 2s]: what they add to the gates of the frozen draft. */
function baseGates(graph: GraphBuilder, { stateSize }: DraftShape) {
  return (depth: number) => graph.input(`gates.${depth}`, 'float32', ['batch', 2 * stateSize])
}

/** words [W] → [W, R] of what each adds to a key, by how far it stands before it; V', no token, adds nothing. */
function pointerTables(
  graph: GraphBuilder,
  { hiddenSize: d }: DraftShape,
  words: Float32Array,
  parameter: (name: 'pointer_self' | 'pointer_before' | 'pointer_second') => Value,
) {
  return (ids: Value) => {
    const rows = new Float32Array(words.length + d)
    rows.set(words)
    const table = graph.gather(graph.constant('words', 'float32', [rows.length / d, d], rows), ids)
    return [parameter('pointer_self'), parameter('pointer_before'), parameter('pointer_second')].map((matrix) =>
      graph.matMul(table, matrix),
    )
  }
}

function sum(graph: GraphBuilder, [first, ...rest]: readonly Value[]): Value {
  if (!first) return graph.refuse('sum', 'of nothing')
  return rest.reduce((total, each) => graph.add(total, each), first)
}
