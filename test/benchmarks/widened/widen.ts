import { fromFloat32, type SafeTensor, toFloat32 } from '@foretoken/storage'

/** How a Llama-like checkpoint is made larger without changing what it computes. */
export interface Widening {
  /** Copies of each feed-forward unit, which share its output; a power of two, so that the shares are exact. */
  readonly copies: number
  /** Layers in all; those beyond the checkpoint's own add nothing. */
  readonly layers: number
}

/**
 * A larger checkpoint of the same function. The gate and up rows of a feed-forward unit come several times, and the
 * columns of the down projection that read them carry a share each, so the sum is what it was. An added layer is a
 * copy of one of the first, which does all the work, with output projections of zero, so the residual stream passes it
 * as it came. Block-quantised weights are the same function too: each copy's blocks are those of the original, but for
 * a power of two in the scales.
 *
 * @param tensors by Hugging Face's names; matrices are [out, in]
 * @param layers that the checkpoint has
 * @returns the weights in the files' own types, the down projections in full precision: halves of small numbers would
 * lose bits in half precision
 */
export function widen(
  tensors: ReadonlyMap<string, SafeTensor>,
  layers: number,
  widening: Widening,
): Record<string, SafeTensor> {
  const widened: Record<string, SafeTensor> = {}
  for (const [name, tensor] of tensors) {
    const place = LAYER.exec(name)
    if (!place) widened[name] = tensor
    const [own, rest = ''] = [Number(place?.[1]), place?.[2]]
    for (let layer = own; layer < widening.layers; layer += layers) {
      const wide = widenedMatrix(rest, tensor, widening.copies)
      widened[`model.layers.${layer}.${rest}`] = layer >= layers && OUTPUTS.has(rest) ? zeros(wide) : wide
    }
  }
  return widened
}

const LAYER = /^model\.layers\.(\d+)\.(.+)$/
const OUTPUTS = new Set(['self_attn.o_proj.weight', 'mlp.down_proj.weight'])

function widenedMatrix(name: string, tensor: SafeTensor, copies: number): SafeTensor {
  if (name === 'mlp.gate_proj.weight' || name === 'mlp.up_proj.weight') return repeatRows(tensor, copies)
  return name === 'mlp.down_proj.weight' ? shareColumns(tensor, copies) : tensor
}

/** [out, in] → [copies · out, in] */
function repeatRows({ dtype, shape: [rows = 0, columns = 0], data }: SafeTensor, copies: number): SafeTensor {
  const repeated = new Uint8Array(data.length * copies)
  for (let copy = 0; copy < copies; copy++) repeated.set(data, copy * data.length)
  return { dtype, shape: [rows * copies, columns], data: repeated }
}

/** [out, in] → [out, copies · in], each copy 1 / copies of it */
function shareColumns(tensor: SafeTensor, copies: number): SafeTensor {
  const [rows = 0, columns = 0] = tensor.shape
  const shares = toFloat32(tensor).map((weight) => weight / copies)
  const wide = new Float32Array(shares.length * copies)
  for (let row = 0; row < rows; row++) {
    const own = shares.subarray(row * columns, (row + 1) * columns)
    for (let copy = 0; copy < copies; copy++) wide.set(own, (row * copies + copy) * columns)
  }
  return fromFloat32(wide, [rows, columns * copies], 'F32')
}

function zeros({ dtype, shape, data }: SafeTensor): SafeTensor {
  return { dtype, shape, data: new Uint8Array(data.length) }
}
