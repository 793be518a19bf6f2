import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { type AuditRecord, type ChainHead, type Verification, verifyAudit, verifyChain } from '@foretoken/db'
import { CliError } from '../errors.ts'
import type { DatabaseCommandOptions } from '../options.ts'
import { print, printJson } from '../output.ts'
import { choice, withDatabase } from '../platform/connect.ts'
import { fromLine } from './line.ts'

export interface VerifyOptions extends DatabaseCommandOptions {
  readonly file?: string
  readonly known: readonly ChainHead[]
}

/** `foretoken audit verify`. @throws CliError where something was done to the log */
export async function verify({ file, known, ...options }: VerifyOptions): Promise<void> {
  const found =
    file === undefined
      ? await withDatabase(choice(options), ({ db }) => verifyAudit(db, known))
      : await verifyChain(recordsOf(file), known)
  if (options.json) printJson(plain(found))
  if (!found.intact)
    throw new CliError(`The audit log is not what it was, from row ${found.sequence} on. ${found.reason}`)
  const { sequence, hash } = found.head
  if (options.json) return
  print(
    `The audit log is intact: ${sequence} rows. Write its end down where nobody who can write to the database can, ` +
      `and name it next time:\n  --known ${sequence}:${hash.toString('hex')}`,
  )
}

function plain(found: Verification) {
  if (!found.intact) return found
  return { intact: true, head: { sequence: found.head.sequence, hash: found.head.hash.toString('hex') } }
}

async function* recordsOf(file: string): AsyncGenerator<AuditRecord> {
  let at = 0
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    at++
    const record = fromLine(line)
    if (!record) throw new CliError(`Line ${at} of ${file} is no row of an audit log.`)
    yield record
  }
}
