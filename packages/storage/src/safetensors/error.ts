/** Bytes that are not a safetensors file, or not the one that was asked for. Names the tensor where one is at fault. */
export class SafetensorsError extends Error {
  override readonly name = 'SafetensorsError'
  readonly tensor: string | undefined
  readonly reason: string

  constructor(tensor: string | undefined, reason: string) {
    super(tensor === undefined ? reason : `${tensor}: ${reason}`)
    this.tensor = tensor
    this.reason = reason
  }
}
