import type { GraphBuilder } from '../../create.ts'
import type { Value } from '../../ir.ts'
import { type Backward, floatOf, inputOf, intOf, type Pullback, type Rule, sumTo } from '../backward.ts'

interface Operand {
  readonly value: Value
  readonly transposed: boolean
}

/** Matrix products: Y = α · op(A) · op(B), where op may transpose the last two axes and leading axes broadcast. */
export const linearRules: Readonly<Record<string, Rule>> = {
  MatMul: (backward) => operandGradients(backward),
  FusedMatMul: (backward) => operandGradients(backward),
  Gemm: (backward) => {
    const { graph, node, dy } = backward
    const [, , c] = node.inputs
    return [...operandGradients(backward), c && (() => sumTo(graph, dy, c.shape))]
  },
}

/** dop(A) = α · dY · op(B)ᵀ and dop(B) = α · op(A)ᵀ · dY, each transposed as a whole where op transposes. */
function operandGradients(backward: Backward): Pullback[] {
  const { graph, node, dy } = backward
  const a: Operand = { value: inputOf(backward, 0), transposed: intOf(node, 'transA', 0) === 1 }
  const b: Operand = { value: inputOf(backward, 1), transposed: intOf(node, 'transB', 0) === 1 }
  const alpha = floatOf(node, 'alpha', 1)
  const y: Operand = { value: dy, transposed: false }
  const to = (x: Operand, left: Operand, right: Operand) =>
    sumTo(graph, multiply(graph, left, right, alpha), x.value.shape)
  return [
    () => (a.transposed ? to(a, b, flip(y)) : to(a, y, flip(b))),
    () => {
      const rows = flattenRows(graph, a, b, dy)
      if (rows) return to(b, rows.left, rows.right)
      return b.transposed ? to(b, flip(y), a) : to(b, flip(a), y)
    },
  ]
}

/**
 * A plain matrix that served every row of [..., M, K]: with the rows in one axis its gradient is one product
 * instead of a batch of products and their sum.
 */
function flattenRows(graph: GraphBuilder, a: Operand, b: Operand, dy: Value) {
  const inner = a.value.shape.at(-1)
  const columns = dy.shape.at(-1)
  const batched = a.value.shape.length > 2 && b.value.shape.length === 2 && !a.transposed
  if (!batched || typeof inner !== 'number' || typeof columns !== 'number') return undefined
  const x: Operand = { value: graph.reshape(a.value, [-1, inner]), transposed: false }
  const y: Operand = { value: graph.reshape(dy, [-1, columns]), transposed: false }
  return b.transposed ? { left: flip(y), right: x } : { left: flip(x), right: y }
}

const flip = ({ value, transposed }: Operand): Operand => ({ value, transposed: !transposed })

/** ONNX Runtime's fused product knows no double on the processor: there it is spelt out. */
function multiply(graph: GraphBuilder, a: Operand, b: Operand, alpha: number): Value {
  if (a.value.dtype === 'float32') {
    if (!a.transposed && !b.transposed && alpha === 1) return graph.matMul(a.value, b.value)
    return graph.fusedMatMul(a.value, b.value, { transA: a.transposed, transB: b.transposed, alpha })
  }
  const result = graph.matMul(plain(graph, a), plain(graph, b))
  return alpha === 1 ? result : graph.mul(result, graph.scalar(alpha, result.dtype))
}

function plain(graph: GraphBuilder, { value, transposed }: Operand): Value {
  if (!transposed) return value
  const order = [...value.shape.keys()]
  return graph.transpose(value, [...order.slice(0, -2), ...order.slice(-2).reverse()])
}
