/** A tokenizer that cannot be read. */
export class TokenizerError extends Error {
  override readonly name = 'TokenizerError'
}

/** A conversation that the model's chat template refuses, or a model that has none. */
export class ChatTemplateError extends Error {
  override readonly name = 'ChatTemplateError'
  /** `missing`: the model has no template; `refused`: raise_exception; `failed`: the template could not run. */
  readonly reason: 'missing' | 'refused' | 'failed'

  constructor(reason: 'missing' | 'refused' | 'failed', message: string) {
    super(message)
    this.reason = reason
  }
}
