import { customAlphabet } from 'nanoid'

/** Every kind of id that Foretoken hands out. A prefix says what an id names, in a log line as in a database row. */
const PREFIXES = {
  request: 'req_',
  chatCompletion: 'chatcmpl-',
  completion: 'cmpl-',
  tenant: 'ten_',
  key: 'key_',
  worker: 'wrk_',
  adapter: 'adp_',
  training: 'trn_',
} as const
export type IdKind = keyof typeof PREFIXES

/** 24 characters of base 58: 140 random bits, and nothing a reader could mistake for another character. */
const randomPart = customAlphabet('123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz', 24)

export function createId(kind: IdKind): string {
  return PREFIXES[kind] + randomPart()
}

/** The same random part under another prefix, so that a completion's id leads to its request. */
export function siblingId(id: string, from: IdKind, to: IdKind): string {
  if (!id.startsWith(PREFIXES[from])) throw new TypeError(`not a ${from} id`)
  return PREFIXES[to] + id.slice(PREFIXES[from].length)
}
