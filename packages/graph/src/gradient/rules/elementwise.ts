import type { GraphBuilder } from '../../create.ts'
import type { Value } from '../../ir.ts'
import { type Backward, floatOf, inputOf, type Rule, sumTo } from '../backward.ts'

type Arguments = Backward & { readonly x: Value; readonly number: (value: number) => Value }

/** dx from x, y = f(x) and dy. */
const unary =
  (derivative: (g: GraphBuilder, at: Arguments) => Value): Rule =>
  (backward) => {
    const x = inputOf(backward, 0)
    const number = (value: number) => backward.graph.scalar(value, x.dtype)
    return [() => derivative(backward.graph, { ...backward, x, number })]
  }

/** Gradients of both operands in the shape of the result; the sum over repeated axes follows here. */
const binary =
  (...derivatives: ((g: GraphBuilder, at: Arguments & { readonly z: Value }) => Value)[]): Rule =>
  (backward) => {
    const [x, z] = [inputOf(backward, 0), inputOf(backward, 1)]
    const number = (value: number) => backward.graph.scalar(value, x.dtype)
    return derivatives.map(
      (derivative, index) => () =>
        sumTo(
          backward.graph,
          derivative(backward.graph, { ...backward, x, z, number }),
          inputOf(backward, index).shape,
        ),
    )
  }

/** y = f(x) and y = f(x, z). Where two operands of Min or Max are equal, the first one gets the gradient. */
export const elementwiseRules: Readonly<Record<string, Rule>> = {
  Add: binary(
    (_, { dy }) => dy,
    (_, { dy }) => dy,
  ),
  Sub: binary(
    (_, { dy }) => dy,
    (g, { dy }) => g.neg(dy),
  ),
  Mul: binary(
    (g, { dy, z }) => g.mul(dy, z),
    (g, { dy, x }) => g.mul(dy, x),
  ),
  Div: binary(
    (g, { dy, z }) => g.div(dy, z),
    (g, { dy, y, z }) => g.neg(g.div(g.mul(dy, y), z)),
  ),
  Pow: binary(
    (g, { dy, x, z, number }) => g.mul(dy, g.mul(z, g.pow(x, g.sub(z, number(1))))),
    (g, { dy, x, y }) => g.mul(dy, g.mul(y, g.log(x))),
  ),
  Min: binary(
    (g, { dy, x, z, number }) => g.where(g.greater(x, z), number(0), dy),
    (g, { dy, x, z, number }) => g.where(g.greater(x, z), dy, number(0)),
  ),
  Max: binary(
    (g, { dy, x, z, number }) => g.where(g.less(x, z), number(0), dy),
    (g, { dy, x, z, number }) => g.where(g.less(x, z), dy, number(0)),
  ),
  Neg: unary((g, { dy }) => g.neg(dy)),
  Abs: unary((g, { dy, x, number }) => g.where(g.less(x, number(0)), g.neg(dy), dy)),
  Sqrt: unary((g, { dy, y, number }) => g.div(dy, g.mul(y, number(2)))),
  Exp: unary((g, { dy, y }) => g.mul(dy, y)),
  Log: unary((g, { dy, x }) => g.div(dy, x)),
  Tanh: unary((g, { dy, y, number }) => g.mul(dy, g.sub(number(1), g.mul(y, y)))),
  Sigmoid: unary((g, { dy, y, number }) => g.mul(dy, g.mul(y, g.sub(number(1), y)))),
  Relu: unary((g, { dy, x, number }) => g.where(g.greater(x, number(0)), dy, number(0))),
  Erf: unary((g, { dy, x, number }) => g.mul(dy, g.mul(number(2 / Math.sqrt(Math.PI)), g.exp(g.neg(g.mul(x, x)))))),
  // y = x · σ(αx), so y' = σ + α · y · (1 − σ).
  QuickGelu: unary((g, { dy, node, x, y, number }) => {
    const alpha = floatOf(node, 'alpha', 1.702)
    const share = g.sigmoid(alpha === 1 ? x : g.mul(x, number(alpha)))
    const slope = g.mul(y, g.sub(number(1), share))
    return g.mul(dy, g.add(share, alpha === 1 ? slope : g.mul(slope, number(alpha))))
  }),
  Cast: unary((g, { dy, x }) => g.cast(dy, x.dtype)),
  Identity: unary((_, { dy }) => dy),
  Where: (backward) => {
    const { graph, dy } = backward
    const [condition, x, z] = [inputOf(backward, 0), inputOf(backward, 1), inputOf(backward, 2)]
    const zero = graph.scalar(0, dy.dtype)
    return [
      undefined,
      () => sumTo(graph, graph.where(condition, dy, zero), x.shape),
      () => sumTo(graph, graph.where(condition, zero, dy), z.shape),
    ]
  },
}
