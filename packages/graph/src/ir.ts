/** The intermediate representation: plain data, so that a pass (autodiff, pruning, printing) is a plain function. */
export interface Graph {
  readonly name: string
  readonly inputs: readonly Value[]
  readonly initialisers: readonly Initialiser[]
  /** In execution order: a node only reads values that earlier nodes, inputs or initialisers produce. */
  readonly nodes: readonly Node[]
  readonly outputs: readonly Value[]
}

/** One tensor that flows through the graph. Names are unique within a graph. */
export interface Value {
  readonly name: string
  readonly dtype: DType
  readonly shape: Shape
}

export interface Node {
  /** Unique, and readable: the scope it was built in, then the operator. */
  readonly name: string
  readonly op: string
  readonly domain: Domain
  /** `undefined` is an optional input that was left out. */
  readonly inputs: readonly (Value | undefined)[]
  readonly outputs: readonly Value[]
  readonly attributes: Readonly<Record<string, Attribute>>
  /** 'none': differentiation treats the outputs as constants. ONNX Runtime never sees it. */
  readonly gradient?: 'none'
}

export interface Initialiser {
  readonly value: Value
  readonly data: TensorData
}

export type Domain = '' | 'com.microsoft'

/** A size that is known (number) or that each run decides (a name such as 'batch'). See dimension.ts for products. */
export type Dim = number | string
export type Shape = readonly Dim[]

export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] }

export type TensorData = Float32Array | Float64Array | Uint16Array | BigInt64Array | Int32Array | Uint8Array | Int8Array

/** ONNX's `TensorProto.DataType` numbers. float16 travels as its bits in a Uint16Array, bool as bytes. */
export const dataTypeCode = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
} as const
export type DType = keyof typeof dataTypeCode

export const bytesPerElement: Readonly<Record<DType, number>> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  float64: 8,
}

export const int = (value: number): Attribute => ({ kind: 'int', value })
export const float = (value: number): Attribute => ({ kind: 'float', value })
export const string = (value: string): Attribute => ({ kind: 'string', value })
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value })
