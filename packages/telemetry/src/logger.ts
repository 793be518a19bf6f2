import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import { withoutSecrets } from './redact.ts'

export type { Logger } from 'pino'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** One JSON line per event, named after the process. Errors go under `err`. */
export function createLogger(name: string, level: LogLevel = 'info', destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    name,
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }), bindings: withoutSecrets, log: withoutSecrets },
    serializers: { err: describeError },
  }
  return pino(options, destination ?? standardOutput())
}

/**
 * Written at once, not in the background: a background write that is pending when the process exits is repeated for
 * ever if the reader is gone, and the process with it. That is how services end whose supervisor was killed.
 */
function standardOutput(): DestinationStream {
  return pino.destination({ dest: process.stdout.fd, sync: true })
}

const CAUSES_MAX = 4
const MESSAGE_CHARACTERS_MAX = 500

interface ErrorDescription {
  readonly type: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  readonly cause?: ErrorDescription
}

/** An error without the values that its author may have quoted. */
export function describeError(error: unknown, causesMax = CAUSES_MAX): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an Error' }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return {
    type: error.name,
    message: withoutValues(error),
    ...(code !== undefined && { code }),
    stack: framesOf(error),
    ...(error.cause !== undefined && causesMax > 0 && { cause: describeError(error.cause, causesMax - 1) }),
  }
}

/** JSON.parse quotes its input and Drizzle appends the parameters of the query; keys are cut wherever they stand. */
function withoutValues(error: Error): string {
  if (error instanceof SyntaxError) return 'malformed input'
  const [message = ''] = error.message.split(/\n?params: /)
  return message.replace(/ftk_\w+/g, '[redacted]').slice(0, MESSAGE_CHARACTERS_MAX)
}

function framesOf(error: Error): string {
  const lines = error.stack?.split('\n') ?? []
  return lines.filter((line) => /^\s+at /.test(line)).join('\n')
}
