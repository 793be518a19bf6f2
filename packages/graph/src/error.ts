/** A graph that cannot be built. The message names the operator, its scope and the shapes. */
export class GraphError extends Error {
  override readonly name = 'GraphError'
}
