/**
 * What sets one Llama-like architecture apart from another: data, read by the checkpoint reader (which tensors must
 * be there, in which shapes) and by the graph builder (which operators to emit).
 */
export interface Architecture {
  /** As `architectures` in config.json spells it. */
  readonly name: string
  /** transformers' default for a config without head_dim; absent: hidden size ÷ heads. */
  readonly headDimDefault?: number
  readonly embedding: string
  readonly finalNorm: string
  readonly head: string
  readonly layer: LayerTensors
  /** Tensors that some writers add and no reader needs. */
  readonly ignored: RegExp
}

/** Tensor names of one layer; `{layer}` stands for its index. */
export interface LayerTensors {
  readonly inputNorm: string
  readonly query: string
  readonly key: string
  readonly value: string
  /** RMSNorm on each query and key head before rotation. */
  readonly headNorms?: { readonly query: string; readonly key: string }
  readonly output: string
  readonly feedForwardNorm: string
  readonly gate: string
  readonly up: string
  readonly down: string
}

export const inLayer = (name: string, layer: number): string => name.replace('{layer}', String(layer))
