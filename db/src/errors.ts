/**
 * What may be told about a failed query: the operation's name, PostgreSQL's code and the names of table and
 * constraint. Drizzle's message lists the parameters and PostgreSQL's may quote a value (`Key (name)=(acme) already
 * exists`), so neither message is kept, and the original is not the `cause`: loggers print causes.
 */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'

  private constructor(
    readonly operation: string,
    /** SQLSTATE, a socket's code such as ECONNREFUSED, or `unknown`. */
    readonly code: string,
    readonly table: string | undefined,
    readonly constraint: string | undefined,
    /** The same call may succeed later: lost connection, restart, deadlock. */
    readonly retryable: boolean,
  ) {
    const where = [table && `table ${table}`, constraint && `constraint ${constraint}`].filter(Boolean).join(', ')
    super(`Database operation "${operation}" failed with ${code}${where && ` (${where})`}`)
  }

  static from(operation: string, error: unknown): DatabaseError {
    if (error instanceof DatabaseError) return error
    const source = driverError(error)
    const code = field(source, 'code') ?? (isTimeout(source) ? 'connection_timeout' : 'unknown')
    return new DatabaseError(operation, code, field(source, 'table'), field(source, 'constraint'), isRetryable(code))
  }
}

/** Runs one named operation; whatever it throws leaves as a `DatabaseError`. */
export async function guarded<T>(operation: string, run: () => PromiseLike<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw DatabaseError.from(operation, error)
  }
}

/** The innermost error that carries a code: Drizzle wraps the driver's, Node wraps one per address tried. */
function driverError(error: unknown): unknown {
  if (!(error instanceof Error) || field(error, 'code') !== undefined) return error
  if (error instanceof AggregateError && error.errors.length > 0) return driverError(error.errors[0])
  return error.cause === undefined ? error : driverError(error.cause)
}

function field(source: unknown, name: string): string | undefined {
  if (typeof source !== 'object' || source === null) return undefined
  const value: unknown = Reflect.get(source, name)
  return typeof value === 'string' ? value : undefined
}

/** pg reports a connection that took too long, and a pool that has none left, without a code. */
const isTimeout = (source: unknown) => source instanceof Error && /timeout/i.test(source.message)

/** SQLSTATE classes: 08 connection, 53 resources, 57P operator intervention, 40 rollback (deadlock, serialization). */
function isRetryable(code: string): boolean {
  return /^(08|53|57P|40)/.test(code) || code === 'connection_timeout' || /^E[A-Z_]+$/.test(code)
}
