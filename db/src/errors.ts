/**
 * What may be told about a failed query: the operation's name, PostgreSQL's code and the names of table and
 * constraint. Drizzle's message lists the parameters and PostgreSQL's may quote a value (`Key (name)=(acme) already
 * exists`), so neither message is kept, and the original is not the `cause`: loggers print causes.
 */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'

  private constructor(
    readonly operation: string,
    /** SQLSTATE, a socket's code such as ECONNREFUSED, `connection_timeout`, `connection_lost` or `unknown`. */
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
    const code = field(source, 'code') ?? unnamed(source)
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

/** pg reports a connection that took too long, a pool that has none left, and one that broke, without a code. */
function unnamed(source: unknown): string {
  const message = source instanceof Error ? source.message : ''
  if (/timeout/i.test(message)) return 'connection_timeout'
  return /connection terminated|not queryable/i.test(message) ? 'connection_lost' : 'unknown'
}

/** SQLSTATE classes: 08 connection, 53 resources, 57P operator intervention, 40 rollback (deadlock, serialization). */
function isRetryable(code: string): boolean {
  return /^(08|53|57P|40|connection_)/.test(code) || /^E[A-Z_]+$/.test(code)
}
