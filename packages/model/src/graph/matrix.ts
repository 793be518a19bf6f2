/** A weight as checkpoints store it, [rows = outputs, columns = inputs]. */
export interface Matrix {
  readonly rows: number
  readonly columns: number
  readonly data: Float32Array
}

/** Matrices that read the same input, as one: a single product instead of several. */
export function stack(matrices: readonly Matrix[]): Matrix {
  const columns = matrices[0]?.columns ?? 0
  const data = new Float32Array(matrices.reduce((total, matrix) => total + matrix.data.length, 0))
  let offset = 0
  for (const matrix of matrices) {
    data.set(matrix.data, offset)
    offset += matrix.data.length
  }
  return { rows: data.length / columns, columns, data }
}
