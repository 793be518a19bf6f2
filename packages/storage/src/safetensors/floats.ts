import { SafetensorsError } from './error.ts'
import { fromHalf, toHalf } from './half.ts'
import { elements, type SafeTensor, tensorOf } from './tensor.ts'

/** A floating-point tensor as float32. F32 comes as a view of `tensor.data` where that is aligned. */
export function toFloat32(tensor: SafeTensor): Float32Array {
  switch (tensor.dtype) {
    case 'F32':
      return elements(tensor, Float32Array)
    case 'F16':
      return fromHalf(elements(tensor, Uint16Array))
    case 'BF16':
      return fromBrain(elements(tensor, Uint16Array))
    default:
      throw new SafetensorsError(undefined, `${tensor.dtype} elements are not floats of 16 or 32 bits`)
  }
}

/** F32 shares the memory of `values`; F16 rounds to nearest, ties to even. */
export function fromFloat32<D extends 'F16' | 'F32'>(
  values: Float32Array,
  shape: readonly number[],
  dtype: D,
): SafeTensor<D> {
  return tensorOf(dtype, shape, dtype === 'F16' ? toHalf(values) : values)
}

/** bfloat16 is the upper half of float32. */
function fromBrain(stored: Uint16Array): Float32Array {
  const floats = new Float32Array(stored.length)
  const bits = new Uint32Array(floats.buffer)
  for (let index = 0; index < stored.length; index += 1) bits[index] = (stored[index] ?? 0) << 16
  return floats
}
