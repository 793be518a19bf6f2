/** Something the operator can mend: the message says what is wrong and what to do, and no stack trace follows. */
export class CliError extends Error {
  override readonly name = 'CliError'
}
