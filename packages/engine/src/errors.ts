export type EngineErrorCode =
  | 'context_length_exceeded'
  | 'invalid_value'
  | 'overloaded'
  | 'rate_limit_exceeded'
  | 'shutting_down'
  | 'structured_outputs_unavailable'
  | 'internal'

/** Why a request was not admitted or could not be finished. The message is safe to show to the tenant. */
export class EngineError extends Error {
  override readonly name = 'EngineError'

  constructor(
    readonly code: EngineErrorCode,
    message: string,
    readonly param: string | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
