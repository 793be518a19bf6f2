import { monotonicFactory } from 'ulid'

/**
 * Ids of the rows that are made here; requests bring theirs from the gateway. The first letters say what an id names,
 * in a log line as in a support mail.
 */
export const ID_PREFIXES = {
  tenant: 'ten',
  apiKey: 'key',
  target: 'tgt',
  adminKey: 'adm',
  draft: 'drf',
  adapter: 'adp',
  trainingRun: 'trn',
  job: 'job',
  price: 'prc',
  gateway: 'gtw',
  worker: 'wrk',
  trainer: 'trr',
  scheduler: 'sch',
} as const

export type IdKind = keyof typeof ID_PREFIXES

/**
 * A fresh id: prefix and ULID, e.g. `ten_01jd…`. Sorts by time of creation, strictly within one process, which keeps
 * inserts at the right edge of the primary key's index.
 */
export function newId(kind: IdKind): string {
  return `${ID_PREFIXES[kind]}_${ulid().toLowerCase()}`
}

const ulid = monotonicFactory()
