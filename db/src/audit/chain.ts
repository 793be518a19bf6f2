import { createHash } from 'node:crypto'
import type { auditLog } from '../schema/audit.ts'
import { canonicalJson } from './canonical.ts'

export type AuditRecord = typeof auditLog.$inferSelect

/** A place in the chain: everything up to it is as it was when the hash was taken. */
export interface ChainHead {
  readonly sequence: number
  readonly hash: Buffer
}

/** Before the first row. */
export const GENESIS: ChainHead = { sequence: 0, hash: Buffer.alloc(32) }

export type Verification =
  | { readonly intact: true; readonly head: ChainHead }
  /** The first row that is not what it was, or the place where one is missing, and what is wrong in one sentence. */
  | { readonly intact: false; readonly sequence: number; readonly reason: string }

/**
 * SHA-256 over the hash of the row before and the row's canonical JSON: no row can be changed, taken out, put in or
 * moved without changing every hash behind it.
 */
export function hashOf(
  { hash: _, ...record }: Omit<AuditRecord, 'hash'> & { hash?: Buffer },
  previous: Buffer,
): Buffer {
  return createHash('sha256')
    .update(previous)
    .update(canonicalJson({ ...record, at: record.at.toISOString() }))
    .digest()
}

/**
 * Follows a chain from its beginning. `heads` are places that are known from elsewhere: the database's own note of the
 * end, and those that somebody wrote down, without which a chain that was made anew from its first row looks intact.
 */
export async function verifyChain(
  records: AsyncIterable<AuditRecord>,
  heads: readonly ChainHead[],
): Promise<Verification> {
  const awaited = new Map<number, Buffer[]>()
  for (const { sequence, hash } of heads) awaited.set(sequence, [...(awaited.get(sequence) ?? []), hash])
  let last = GENESIS
  if (!meets(awaited, last)) return broken(0, 'It does not begin where it is known to have begun.')
  for await (const record of records) {
    const { sequence, hash } = record
    if (sequence !== last.sequence + 1) return broken(last.sequence + 1, 'A row is missing here, or was put in.')
    if (!hashOf(record, last.hash).equals(hash)) return broken(sequence, 'The row, or one before it, was changed.')
    last = { sequence, hash }
    if (!meets(awaited, last)) return broken(sequence, 'The chain was written anew: the hash here was another one.')
  }
  const beyond = [...awaited.keys()].find((sequence) => sequence > last.sequence)
  if (beyond !== undefined) return broken(last.sequence + 1, `Rows up to ${beyond} are missing at the end.`)
  return { intact: true, head: last }
}

function meets(awaited: ReadonlyMap<number, readonly Buffer[]>, { sequence, hash }: ChainHead): boolean {
  return (awaited.get(sequence) ?? []).every((known) => known.equals(hash))
}

const broken = (sequence: number, reason: string): Verification => ({ intact: false, sequence, reason })
