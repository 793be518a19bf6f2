import { z } from 'zod'
import { ERRORS, type ErrorCode, type ErrorEntry, type ErrorValues } from './catalogue.ts'

interface ErrorDetails<Code extends ErrorCode> {
  /** Fills the placeholders of the public sentence. */
  readonly values: ErrorValues<Code>
  /** Path of the request parameter at fault, as the tenant wrote it: `messages[0].role`. */
  readonly param?: string | null
  /** For operators' logs; never sent. Holds no prompt text and no key. */
  readonly internal?: string
  readonly cause?: unknown
  /** When the same request may succeed, where that is known. */
  readonly retryAfterMs?: number
}

/**
 * An answer that is not the one the tenant asked for. Thrown anywhere on a request's path; mapped to HTTP in one place.
 */
export class ApiError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'ApiError'
  readonly code: Code
  readonly param: string | null
  readonly publicMessage: string
  readonly retryAfterMs: number | null

  constructor(code: Code, details: ErrorDetails<Code>) {
    super(details.internal ?? code, { cause: details.cause })
    this.code = code
    this.param = details.param ?? null
    this.retryAfterMs = details.retryAfterMs ?? null
    this.publicMessage = fill(ERRORS[code].message, details.values)
  }

  get status() {
    return ERRORS[this.code].status
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable
  }

  toEnvelope(): ErrorEnvelope {
    const entry: ErrorEntry = ERRORS[this.code]
    return {
      error: { message: this.publicMessage, type: entry.type, param: this.param, code: entry.code ?? this.code },
    }
  }
}

/** OpenAI's error body, also sent as an event when a stream fails after its start. */
export const errorEnvelopeSchema = z.strictObject({
  error: z.strictObject({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string().nullable(),
  }),
})
export type ErrorEnvelope = z.infer<typeof errorEnvelopeSchema>

function fill(sentence: string, values: object): string {
  const known = new Map(Object.entries(values))
  return sentence.replace(/\{(\w+)\}/g, (placeholder, name: string) => String(known.get(name) ?? placeholder))
}
