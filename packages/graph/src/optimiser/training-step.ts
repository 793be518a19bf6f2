import type { GraphBuilder } from '../create.ts'
import { grad } from '../gradient/grad.ts'
import type { Graph, Shape, Value } from '../ir.ts'
import { type AdamWOptions, adamW, type Slot } from './adamw.ts'
import { clipByGlobalNorm } from './clip.ts'

export interface Trainable {
  /** An input of the graph, named `parameter/<name>`. */
  readonly value: Value
  /** Where weight decay pulls the parameter: to zero (the default), to the input `anchor/<name>`, or nowhere. */
  readonly decay?: 'zero' | 'anchor' | 'none'
}

export interface TrainingStepOptions extends AdamWOptions {
  readonly graph: GraphBuilder
  /** One float, []; what the parameters are to make small. */
  readonly loss: Value
  readonly parameters: readonly Trainable[]
  /** Largest norm of all gradients together; Infinity clips nothing. Default 1. */
  readonly gradientNormMax?: number
}

export interface TrainingStep {
  readonly graph: Graph
  /** Feed each `output` of one run as the `input` of the next: parameters as trained so far, moments from zeros. */
  readonly state: readonly StateTensor[]
}

export interface StateTensor {
  readonly kind: 'parameter' | 'moment1' | 'moment2'
  /** The parameter's, without prefix. */
  readonly name: string
  readonly shape: Shape
  readonly input: string
  readonly output: string
}

/**
 * Turns a graph with a loss into one whose run is one training step: backward pass, clipping by the global norm and
 * AdamW.
 *
 * Beside the forward inputs it reads `step` (1 for the first), `learningRate`, `moment1/<name>`, `moment2/<name>` and
 * `anchor/<name>` where decay asks for one: a schedule changes numbers, not the graph. It gives `loss` and
 * `gradientNorm` (before clipping) at the parameters that went in, and `next/parameter/<name>`, `next/moment1/<name>`
 * and `next/moment2/<name>`.
 *
 * A run changes nothing that went in. When `gradientNorm` is not finite, drop the outputs and go on from the inputs.
 *
 * Throws GraphError for parameters that are not such inputs, of another dtype than the loss, or without influence on
 * it, and for options out of range.
 */
export function trainingStep(options: TrainingStepOptions): TrainingStep {
  const { graph, loss, parameters, gradientNormMax = 1 } = options
  const names = parameterNames(graph, loss, parameters)
  const gradients = grad(
    graph,
    loss,
    parameters.map(({ value }) => value),
  )
  const step = graph.input('step', loss.dtype, [])
  const learningRate = graph.input('learningRate', loss.dtype, [])
  const { norm, factor: gradientFactor } = graph.scope('clip', () =>
    clipByGlobalNorm(graph, gradients, gradientNormMax),
  )
  const update = graph.scope('adamw', () => adamW(graph, { step, learningRate, gradientFactor }, options))
  graph.output('loss', loss)
  graph.output('gradientNorm', norm)
  const state = parameters.flatMap((parameter, at) => {
    const [name = '', gradient = loss] = [names[at], gradients[at]]
    const slot = slotOf(graph, name, parameter, gradient)
    const next = graph.scope(`adamw/${name}`, () => update(slot))
    return stateKinds.map((kind): StateTensor => {
      const output = graph.output(`next/${kind}/${name}`, next[kind])
      return { kind, name, shape: parameter.value.shape, input: slot[kind].name, output: output.name }
    })
  })
  return { graph: graph.finish(), state }
}

const stateKinds = ['parameter', 'moment1', 'moment2'] as const

function slotOf(graph: GraphBuilder, name: string, { value, decay = 'zero' }: Trainable, gradient: Value): Slot {
  const like = (prefix: string) => graph.input(`${prefix}/${name}`, value.dtype, value.shape)
  return {
    parameter: value,
    gradient,
    moment1: like('moment1'),
    moment2: like('moment2'),
    decayTo: decay === 'anchor' ? like('anchor') : decay === 'zero' ? 'zero' : undefined,
  }
}

function parameterNames(graph: GraphBuilder, loss: Value, parameters: readonly Trainable[]): string[] {
  if (parameters.length === 0) graph.refuse('trainingStep', 'there is no parameter to train')
  const inputs = new Set(graph.soFar().inputs)
  return parameters.map(({ value }) => {
    const [, name] = /^parameter\/(.+)$/.exec(value.name) ?? []
    if (!inputs.has(value) || !name) {
      return graph.refuse('trainingStep', `${value.name} is not an input named parameter/<name>`)
    }
    if (value.dtype !== loss.dtype) {
      graph.refuse('trainingStep', `${value.name} is ${value.dtype}, the loss is ${loss.dtype}`)
    }
    return name
  })
}
