/**
 * The `foretoken` command: everything an operator does from a terminal.
 *
 * Core idea: `up` is a supervisor, not a server. It starts the same processes that a cluster runs — PostgreSQL, worker,
 * gateway — on one machine, hands each its configuration by environment, restarts what crashes and stops all of it in
 * order. The other commands are short: they open the same database, do one thing, and go.
 *
 * Invariants
 * - Standard output carries results only; with `--json`, JSON only.
 * - One process per data folder (see `data-folder/lock.ts`); secrets are in files of mode 0600.
 * - Nothing outlives the supervisor, `kill -9` included: services hang on its channel, PostgreSQL on a pipe.
 *
 * What the operator can mend is a `CliError`: one sentence, exit code 1, no stack trace.
 *
 * A folder per command; `platform/` starts a platform, for `up` and `demo` alike.
 */
export { CliError } from './errors.ts'
export { createProgram } from './program.ts'
