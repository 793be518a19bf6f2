import { randomInt } from 'node:crypto'
import { monotonicFactory } from 'ulid'

/** Ids that cross the wire; those of database rows that are made elsewhere are in `@foretoken/db`. */
const PREFIXES = { request: 'req_', chatCompletion: 'chatcmpl-', completion: 'cmpl-', response: 'resp_' } as const
export type IdKind = keyof typeof PREFIXES

/** A fresh request id, `req_01jd…`: a ULID sorts by time, which keeps usage rows at the right edge of their index. */
export function newRequestId(): string {
  return PREFIXES.request + ulid().toLowerCase()
}

/** The id of a request's answer: the same ULID under another prefix, so that one leads to the other. */
export function answerId(requestId: string, kind: Exclude<IdKind, 'request'>): string {
  if (!requestId.startsWith(PREFIXES.request)) throw new TypeError('not a request id')
  return PREFIXES[kind] + requestId.slice(PREFIXES.request.length)
}

/** The request that an answer's id is named after. */
export function requestIdOf(id: string, kind: Exclude<IdKind, 'request'>): string {
  return PREFIXES.request + id.slice(PREFIXES[kind].length)
}

/** Node draws these from a pool; the library's own source asks the system for each byte. */
const ulid = monotonicFactory(() => randomInt(2 ** 32) / 2 ** 32)
