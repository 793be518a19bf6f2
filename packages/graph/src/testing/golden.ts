import { readFileSync } from 'node:fs'
import { Tensor } from '@foretoken/onnx-runtime'

export interface Numbers {
  readonly dims: readonly number[]
  readonly data: readonly number[]
}
export type Table = Readonly<Record<string, Numbers>>

/** A file that golden/make_golden.py wrote. */
export const readGolden = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../golden/${name}.json`, import.meta.url), 'utf8'))

export const floatTensor = ({ dims, data }: Numbers): Tensor => new Tensor('float32', Float32Array.from(data), dims)

export const integerTensor = ({ dims, data }: Numbers): Tensor =>
  new Tensor('int64', BigInt64Array.from(data, BigInt), dims)

export const zeros = ({ dims, data }: Numbers): Tensor => new Tensor('float32', new Float32Array(data.length), dims)

/** The largest absolute difference, element by element. */
export function distance(actual: Tensor | undefined, { data }: Numbers): number {
  if (!actual || actual.data.length !== data.length) return Number.POSITIVE_INFINITY
  return Math.max(...data.map((value, at) => Math.abs(Number(actual.data[at]) - value)))
}
