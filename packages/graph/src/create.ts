import { Builder } from './builder.ts'
import type { DType, Shape, TensorData, Value } from './ir.ts'
import { elementwise } from './ops/elementwise.ts'
import { indexing } from './ops/indexing.ts'
import { layout } from './ops/layout.ts'
import { linear } from './ops/linear.ts'
import { quantised } from './ops/quantised.ts'
import { reduce } from './ops/reduce.ts'
import { transformer } from './ops/transformer.ts'

/**
 * Starts a graph. Each operator checks its shapes, appends a node and returns the new value.
 *
 * Throws GraphError as soon as shapes do not fit.
 */
export function createGraph(name: string) {
  const builder = new Builder(name)
  return {
    scope: <T>(scopeName: string, build: () => T): T => builder.scope(scopeName, build),
    input: (inputName: string, dtype: DType, shape: Shape): Value => builder.input(inputName, dtype, shape),
    constant: (constantName: string, dtype: DType, shape: Shape, data: TensorData): Value =>
      builder.constant(constantName, dtype, shape, data),
    integers: (values: readonly number[]): Value => builder.integers(values),
    scalar: (value: number, dtype?: DType): Value => builder.scalar(value, dtype),
    output: (outputName: string, value: Value): Value => builder.output(outputName, value),
    soFar: () => builder.soFar(),
    finish: () => builder.finish(),
    refuse: (op: string, reason: string): never => builder.refuse(op, reason),
    ...elementwise(builder),
    ...reduce(builder),
    ...linear(builder),
    ...quantised(builder),
    ...layout(builder),
    ...indexing(builder),
    ...transformer(builder),
  }
}

export type GraphBuilder = ReturnType<typeof createGraph>
