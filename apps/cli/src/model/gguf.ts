import { statSync } from 'node:fs'
import { basename } from 'node:path'
import { ChatTemplateError, CheckpointError, TokenizerError } from '@foretoken/model'
import { CliError } from '../errors.ts'

/** A model that is one file is a GGUF file; any other is a folder. */
export const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false

/** What reading a GGUF file gives; what can't be read faithfully becomes a CliError. */
export async function refusing<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read()
  } catch (error) {
    const refusals = [CheckpointError, TokenizerError, ChatTemplateError]
    if (!refusals.some((kind) => error instanceof kind) || !(error instanceof Error)) throw error
    throw new CliError(`${basename(path)} can't be imported. ${error.message}`)
  }
}
