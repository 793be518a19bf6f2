import type { Builder } from '../builder.ts'
import { broadcast, formatShape, product } from '../dimension.ts'
import { type Dim, float, int, type Shape, type Value } from '../ir.ts'
import { dimAt } from './axis.ts'

interface Transposes {
  readonly transA?: boolean
  readonly transB?: boolean
}

/** Matrix products. */
export function linear(builder: Builder) {
  const multiply = (op: string, a: Value, b: Value, transposes: Transposes = {}): Shape => {
    if (a.dtype !== b.dtype) builder.refuse(op, `operands are ${a.dtype} and ${b.dtype}`)
    if (a.shape.length < 2 || b.shape.length < 2) builder.refuse(op, `needs matrices, got ${both(a, b)}`)
    const [rows, inner] = matrix(a.shape, transposes.transA ?? false)
    const [innerB, columns] = matrix(b.shape, transposes.transB ?? false)
    if (inner !== innerB) builder.refuse(op, `inner sizes ${inner} and ${innerB} differ: ${both(a, b)}`)
    const batch = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2), (reason) => builder.refuse(op, reason))
    return [...batch, rows, columns]
  }
  return {
    /** [..., M, K] · [..., K, N] → [..., M, N]; leading axes broadcast. */
    matMul: (a: Value, b: Value) => {
      const shape = multiply('MatMul', a, b)
      return builder.emitOne({ op: 'MatMul', inputs: [a, b] }, a.dtype, shape)
    },
    /** α · op(a) · op(b), where op transposes the last two axes. Any α but 1 keeps MLAS off its one-row kernels. */
    fusedMatMul: (a: Value, b: Value, options: Transposes & { alpha?: number } = {}) => {
      const shape = multiply('FusedMatMul', a, b, options)
      const { transA = false, transB = false, alpha = 1 } = options
      const attributes = { transA: int(Number(transA)), transB: int(Number(transB)), alpha: float(alpha) }
      return builder.emitOne({ op: 'FusedMatMul', domain: 'com.microsoft', inputs: [a, b], attributes }, a.dtype, shape)
    },
    /** op(a) · op(b) + c for matrices; c broadcasts to the result. */
    gemm: (a: Value, b: Value, c?: Value, options: Transposes = {}) => {
      if (a.shape.length !== 2 || b.shape.length !== 2) builder.refuse('Gemm', `needs two matrices, got ${both(a, b)}`)
      const shape = multiply('Gemm', a, b, options)
      if (c && product(broadcast(shape, c.shape, (reason) => builder.refuse('Gemm', reason))) !== product(shape)) {
        builder.refuse('Gemm', `bias ${formatShape(c.shape)} is larger than the result ${formatShape(shape)}`)
      }
      const attributes = { transA: int(Number(options.transA ?? false)), transB: int(Number(options.transB ?? false)) }
      return builder.emitOne({ op: 'Gemm', inputs: c ? [a, b, c] : [a, b], attributes }, a.dtype, shape)
    },
  }
}

const both = (a: Value, b: Value): string => `${formatShape(a.shape)} × ${formatShape(b.shape)}`

function matrix(shape: Shape, transposed: boolean): [Dim, Dim] {
  const [rows, columns] = [dimAt(shape, -2), dimAt(shape, -1)]
  return transposed ? [columns, rows] : [rows, columns]
}
