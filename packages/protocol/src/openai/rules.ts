import { ApiError } from '../errors/api-error.ts'

interface SharedRequest {
  readonly stream: boolean
  readonly stream_options?: object | undefined
}

/** Rules across parameters that both endpoints share. */
export function checkStreamOptions(request: SharedRequest): void {
  if (request.stream_options && !request.stream) {
    throw combination("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
  }
}

export function combination(reason: string, param: string): ApiError {
  return new ApiError('invalid_parameter_combination', { values: { reason }, param })
}
