import { ApiError } from '../errors/api-error.ts'

interface SharedRequest {
  readonly stream: boolean
  readonly stream_options?: { readonly include_obfuscation: boolean } | undefined
}

/** Rules across parameters that both endpoints share. */
export function checkStreamOptions(request: SharedRequest): void {
  if (!request.stream_options) return
  if (!request.stream) {
    throw combination("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
  }
  if (request.stream_options.include_obfuscation) {
    const name = 'stream_options.include_obfuscation'
    throw new ApiError('unsupported_value', { values: { name, value: 'true' }, param: name })
  }
}

export function combination(reason: string, param: string): ApiError {
  return new ApiError('invalid_parameter_combination', { values: { reason }, param })
}
