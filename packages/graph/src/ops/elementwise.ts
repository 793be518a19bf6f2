import type { Builder } from '../builder.ts'
import { broadcast } from '../dimension.ts'
import { type DType, dataTypeCode, float, int, type Value } from '../ir.ts'

/** Operators that work element by element; two operands broadcast by NumPy's rule and must share their dtype. */
export function elementwise(builder: Builder) {
  const unary = (op: string) => (x: Value) => builder.emitOne({ op, inputs: [x] }, x.dtype, x.shape)
  const binary = (op: string, dtype?: DType) => (x: Value, y: Value) => {
    if (x.dtype !== y.dtype) builder.refuse(op, `operands are ${x.dtype} and ${y.dtype}`)
    const shape = broadcast(x.shape, y.shape, (reason) => builder.refuse(op, reason))
    return builder.emitOne({ op, inputs: [x, y] }, dtype ?? x.dtype, shape)
  }
  return {
    add: binary('Add'),
    sub: binary('Sub'),
    mul: binary('Mul'),
    div: binary('Div'),
    pow: binary('Pow'),
    min: binary('Min'),
    max: binary('Max'),
    equal: binary('Equal', 'bool'),
    less: binary('Less', 'bool'),
    greater: binary('Greater', 'bool'),
    neg: unary('Neg'),
    abs: unary('Abs'),
    sqrt: unary('Sqrt'),
    exp: unary('Exp'),
    log: unary('Log'),
    tanh: unary('Tanh'),
    sigmoid: unary('Sigmoid'),
    relu: unary('Relu'),
    erf: unary('Erf'),
    /** x · sigmoid(x), as one kernel: QuickGelu with α = 1 is exactly SiLU. */
    silu: (x: Value) =>
      builder.emitOne(
        { op: 'QuickGelu', domain: 'com.microsoft', inputs: [x], attributes: { alpha: float(1) } },
        x.dtype,
        x.shape,
      ),
    where: (condition: Value, x: Value, y: Value) => {
      if (condition.dtype !== 'bool') builder.refuse('Where', `condition is ${condition.dtype}, not bool`)
      if (x.dtype !== y.dtype) builder.refuse('Where', `branches are ${x.dtype} and ${y.dtype}`)
      const refuse = (reason: string) => builder.refuse('Where', reason)
      const shape = broadcast(condition.shape, broadcast(x.shape, y.shape, refuse), refuse)
      return builder.emitOne({ op: 'Where', inputs: [condition, x, y] }, x.dtype, shape)
    },
    /** x itself, which differentiation takes for a constant. ONNX Runtime removes the node. */
    stopGradient: (x: Value) => builder.emitOne({ op: 'Identity', inputs: [x], gradient: 'none' }, x.dtype, x.shape),
    cast: (x: Value, dtype: DType) =>
      builder.emitOne({ op: 'Cast', inputs: [x], attributes: { to: int(dataTypeCode[dtype]) } }, dtype, x.shape),
  }
}
