import { elementCount, formatShape } from './dimension.ts'
import { GraphError } from './error.ts'
import type { Attribute, Dim, Domain, DType, Graph, Initialiser, Node, Shape, TensorData, Value } from './ir.ts'
import { bytesPerElement } from './ir.ts'

/** What an operator hands in: the rest (unique names, order) is the builder's. */
export interface NodeSpec {
  readonly op: string
  readonly domain?: Domain
  readonly inputs: readonly (Value | undefined)[]
  readonly attributes?: Readonly<Record<string, Attribute>>
  readonly gradient?: 'none'
  readonly outputs: readonly { readonly dtype: DType; readonly shape: Shape }[]
}

/** Collects inputs, constants and nodes in order, and gives each value a unique name within its scope. */
export class Builder {
  readonly #graphName: string
  readonly #inputs: Value[] = []
  readonly #initialisers: Initialiser[] = []
  readonly #nodes: Node[] = []
  readonly #outputs: Value[] = []
  readonly #named = new Map<string, Value>()
  readonly #nameCounts = new Map<string, number>()
  readonly #shared = new Map<string, Value>()
  #scope: readonly string[] = []

  constructor(graphName: string) {
    this.#graphName = graphName
  }

  /** Names what `build` creates after the scope: `scope('layer.0', …)` yields 'layer.0/MatMul'. Scopes nest. */
  scope<T>(name: string, build: () => T): T {
    const outer = this.#scope
    this.#scope = [...outer, name]
    try {
      return build()
    } finally {
      this.#scope = outer
    }
  }

  input(name: string, dtype: DType, shape: Shape): Value {
    const value = this.#define(name, dtype, shape)
    this.#inputs.push(value)
    return value
  }

  /** A weight or table. The data is kept by reference until the graph is serialised: do not change it before. */
  constant(name: string, dtype: DType, shape: Shape, data: TensorData): Value {
    const bytes = elementCount(shape) * bytesPerElement[dtype]
    if (data.byteLength !== bytes) {
      this.refuse(`constant ${name}`, `${dtype} ${formatShape(shape)} needs ${bytes} bytes, got ${data.byteLength}`)
    }
    const value = this.#define(this.#unique([...this.#scope, name].join('/')), dtype, shape)
    this.#initialisers.push({ value, data })
    return value
  }

  /** A small integer vector (axes, shapes, bounds); equal vectors share one initialiser. */
  integers(values: readonly number[]): Value {
    return this.#share(`integers/${values.join('_') || 'none'}`, 'int64', [values.length], () =>
      BigInt64Array.from(values, BigInt),
    )
  }

  /** A number without axes; equal ones share one initialiser. */
  scalar(value: number, dtype: DType = 'float32'): Value {
    const name = dtype === 'float32' ? `scalar/${value}` : `scalar/${dtype}/${value}`
    return this.#share(name, dtype, [], () => scalarData(value, dtype, () => this.refuse('scalar', `has no ${dtype}`)))
  }

  /** Appends a node and returns its outputs, in order. */
  emit(spec: NodeSpec): Value[] {
    const name = this.#unique([...this.#scope, spec.op].join('/'))
    const outputs = spec.outputs.map(({ dtype, shape }, index) =>
      this.#define(spec.outputs.length === 1 ? name : `${name}:${index}`, dtype, shape),
    )
    const { op, domain = '', inputs, attributes = {}, gradient } = spec
    for (const input of inputs) {
      if (input && this.#named.get(input.name) !== input) this.refuse(op, `${input.name} belongs to another graph`)
    }
    this.#nodes.push({ name, op, domain, inputs, outputs, attributes, ...(gradient && { gradient }) })
    return outputs
  }

  /** Like `emit` for the many operators with one output. */
  emitOne(spec: Omit<NodeSpec, 'outputs'>, dtype: DType, shape: Shape): Value {
    const [output] = this.emit({ ...spec, outputs: [{ dtype, shape }] })
    if (!output) return this.refuse(spec.op, 'has no output')
    return output
  }

  /** Publishes a value under a name of the caller's choice. */
  output(name: string, value: Value): Value {
    const published = this.#define(name, value.dtype, value.shape)
    this.#nodes.push({ name, op: 'Identity', domain: '', inputs: [value], outputs: [published], attributes: {} })
    this.#outputs.push(published)
    return published
  }

  /** What has been built until now, as data that later nodes do not change: what a pass over the graph reads. */
  soFar(): Graph {
    return {
      name: this.#graphName,
      inputs: [...this.#inputs],
      initialisers: [...this.#initialisers],
      nodes: [...this.#nodes],
      outputs: [...this.#outputs],
    }
  }

  finish(): Graph {
    if (this.#outputs.length === 0) this.refuse('finish', 'the graph has no outputs')
    return this.soFar()
  }

  refuse(op: string, reason: string): never {
    const where = this.#scope.length > 0 ? ` in ${this.#scope.join('/')}` : ''
    throw new GraphError(`${op}${where}: ${reason}`)
  }

  #define(name: string, dtype: DType, shape: Shape): Value {
    if (this.#named.has(name)) this.refuse(name, 'the name is already taken')
    const value = { name, dtype, shape }
    this.#named.set(name, value)
    return value
  }

  #share(name: string, dtype: DType, shape: readonly Dim[], data: () => TensorData): Value {
    const known = this.#shared.get(name)
    if (known) return known
    const value = this.#define(name, dtype, shape)
    this.#initialisers.push({ value, data: data() })
    this.#shared.set(name, value)
    return value
  }

  #unique(name: string): string {
    const count = this.#nameCounts.get(name) ?? 0
    this.#nameCounts.set(name, count + 1)
    return count === 0 ? name : `${name}.${count}`
  }
}

function scalarData(value: number, dtype: DType, refuse: () => never): TensorData {
  if (dtype === 'float32') return Float32Array.of(value)
  if (dtype === 'float64') return Float64Array.of(value)
  if (dtype === 'int64') return BigInt64Array.of(BigInt(value))
  return refuse()
}
