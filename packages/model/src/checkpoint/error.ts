/** A model folder that cannot be served. Names the file, and the field or tensor within it. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError'
  readonly file: string
  readonly field: string | undefined

  constructor(file: string, field: string | undefined, reason: string) {
    super(field === undefined ? `${file}: ${reason}` : `${file}: ${field}: ${reason}`)
    this.file = file
    this.field = field
  }
}
