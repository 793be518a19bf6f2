import type { GraphBuilder } from '../create.ts'
import { formatShape } from '../dimension.ts'
import type { Node, Value } from '../ir.ts'
import { type Backward, integersOf } from './backward.ts'
import { rules } from './rules/table.ts'

/**
 * Appends the backward graph of `loss` and returns ∂loss/∂parameter for each parameter, in order and in its shape.
 *
 * Reverse mode over the nodes built so far: each node on a way from a parameter to the loss is met once, last first,
 * and its rule turns the gradients of its outputs into those of its inputs; a value that is used several times gets
 * the sum. Nothing is added for values that no parameter reaches. `parameters` may be any float values: inputs,
 * constants or intermediate results.
 *
 * Throws GraphError for a loss that is not one float, a parameter that the loss does not depend on, and a node on the
 * way whose operator has no rule.
 */
export function grad(graph: GraphBuilder, loss: Value, parameters: readonly Value[]): Value[] {
  if (loss.shape.length > 0 || !isFloat(loss)) {
    graph.refuse('grad', `loss ${loss.name} is ${loss.dtype} ${formatShape(loss.shape)}, not one float []`)
  }
  const { nodes, initialisers } = graph.soFar()
  const reached = reachedFrom(nodes, parameters)
  const integers = integersOf(graph, initialisers)
  const gradients = new Gradients(graph)
  gradients.add(loss, graph.scalar(1, loss.dtype))
  for (const node of nodes.toReversed()) {
    const outputs = node.outputs.map((output) => gradients.of(output))
    const [y = loss] = node.outputs
    const [dy] = outputs.filter((gradient) => gradient !== undefined)
    if (!dy || node.gradient === 'none' || !node.inputs.some((input) => input && reached.has(input))) continue
    graph.scope(`gradient/${node.name}`, () => {
      pullBack({ graph, node, y, dy, gradients: outputs, integers }, reached, gradients)
    })
  }
  return parameters.map(
    (parameter) =>
      gradients.of(parameter) ?? graph.refuse('grad', `${loss.name} does not depend on parameter ${parameter.name}`),
  )
}

function pullBack(backward: Backward, reached: ReadonlySet<Value>, gradients: Gradients): void {
  const { graph, node } = backward
  const rule = rules[node.op] ?? graph.refuse(node.op, `${node.name} has no gradient`)
  const pullbacks = rule(backward)
  for (const [index, input] of node.inputs.entries()) {
    if (!input || !reached.has(input)) continue
    const none = () => graph.refuse(node.op, `${node.name} has no gradient for its input ${index}, ${input.name}`)
    const gradient = (pullbacks[index] ?? none)()
    if (gradient) gradients.add(input, gradient)
  }
}

/** Every float value that some parameter influences by a way that gradients may take back. */
function reachedFrom(nodes: readonly Node[], parameters: readonly Value[]): Set<Value> {
  const reached = new Set(parameters)
  for (const node of nodes) {
    if (node.gradient === 'none' || !node.inputs.some((input) => input && reached.has(input))) continue
    for (const output of node.outputs) if (isFloat(output)) reached.add(output)
  }
  return reached
}

/** The gradients found so far; several for one value become their sum when it is asked for. */
class Gradients {
  readonly #graph: GraphBuilder
  readonly #sums = new Map<Value, Value>()

  constructor(graph: GraphBuilder) {
    this.#graph = graph
  }

  of(value: Value): Value | undefined {
    return this.#sums.get(value)
  }

  add(value: Value, gradient: Value): void {
    const sum = this.#sums.get(value)
    this.#sums.set(value, sum ? this.#graph.add(sum, gradient) : gradient)
  }
}

const isFloat = ({ dtype }: Value): boolean => dtype === 'float32' || dtype === 'float64' || dtype === 'float16'
