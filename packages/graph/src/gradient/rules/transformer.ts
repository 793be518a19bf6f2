import type { Value } from '../../ir.ts'
import { type Backward, floatOf, inputOf, type Rule, sumTo } from '../backward.ts'

/** The fused kernels of transformers. */
export const transformerRules: Readonly<Record<string, Rule>> = {
  SimplifiedLayerNormalization: (backward) => {
    const [x, scale] = [inputOf(backward, 0), inputOf(backward, 1)]
    const norm = rmsNorm(backward, x, scale)
    return [() => norm.x(backward.dy), () => norm.scale(backward.dy)]
  },
  /** The first output is the norm, the last one the sum x + skip, which has a gradient of its own. */
  SkipSimplifiedLayerNormalization: (backward) => {
    const { graph, node, gradients } = backward
    const [dNormalised, , , dSum] = gradients
    const sum = node.outputs[3] ?? graph.refuse(node.op, `${node.name} has no sum`)
    const norm = rmsNorm(backward, sum, inputOf(backward, 2))
    const dx = once(() => {
      if (!dNormalised) return dSum ?? backward.dy
      return dSum ? graph.add(norm.x(dNormalised), dSum) : norm.x(dNormalised)
    })
    return [dx, dx, () => dNormalised && norm.scale(dNormalised)]
  },
  /** A rotation's gradient turns by the opposite angle. */
  RotaryEmbedding: (backward) => [
    () => {
      const { graph, dy } = backward
      const [positions, cosine, sine] = [inputOf(backward, 1), inputOf(backward, 2), inputOf(backward, 3)]
      return graph.rotaryEmbedding(dy, positions, cosine, graph.neg(sine))
    },
  ],
}

/**
 * y = n · scale with n = x · r and r = 1 / √(mean(x²) + ε) over the last axis:
 * dscale = Σ dy · n and dx = r · (g − n · mean(g · n)), where g = dy · scale.
 */
function rmsNorm({ graph, node }: Backward, x: Value, scale: Value) {
  const number = (value: number) => graph.scalar(value, x.dtype)
  const root = once(() => {
    const squares = graph.reduceMean(graph.mul(x, x), [-1])
    return graph.div(number(1), graph.sqrt(graph.add(squares, number(floatOf(node, 'epsilon', 1e-5)))))
  })
  const normalised = once(() => graph.mul(x, root()))
  return {
    x: (dy: Value) => {
      const g = graph.mul(dy, scale)
      const common = graph.reduceMean(graph.mul(g, normalised()), [-1])
      return graph.mul(root(), graph.sub(g, graph.mul(normalised(), common)))
    },
    scale: (dy: Value) => sumTo(graph, graph.mul(dy, normalised()), scale.shape),
  }
}

function once(build: () => Value): () => Value {
  let built: Value | undefined
  return () => {
    built ??= build()
    return built
  }
}
