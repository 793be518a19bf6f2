import { CliError } from './errors.ts'
import { log } from './output.ts'
import { createProgram } from './program.ts'

try {
  await createProgram().parseAsync()
} catch (error) {
  // Anything but a CliError is a defect, and its stack is what mends it.
  log(error instanceof CliError ? `error: ${error.message}` : String(error instanceof Error ? error.stack : error))
  process.exitCode = 1
}
