import type { ObjectStore } from '@foretoken/storage'
import { decodeTime, monotonicFactory } from 'ulid'

/** One segment in the store, as far as its key tells. */
export interface SegmentInfo {
  readonly key: string
  readonly tenant: string
  /** Completion tokens in it. */
  readonly tokens: number
  /** Unix milliseconds at which it was written. */
  readonly writtenMs: number
}

const ROOT = 'traces/'
const KEY = /^traces\/([A-Za-z0-9._-]+)\/([0-9a-z]{26})-(\d+)\.safetensors$/

/** `traces/{tenant}/{ulid}-{tokens}.safetensors`: in order of time, and counted without being read. */
export function newSegmentKey(tenant: string, tokens: number, nowMs: number): string {
  return `${ROOT}${tenant}/${ulid(nowMs).toLowerCase()}-${tokens}.safetensors`
}

const ulid = monotonicFactory()

/** Null for a key that names no segment. */
export function parseSegmentKey(key: string): SegmentInfo | null {
  const [, tenant, id, tokens] = KEY.exec(key) ?? []
  if (tenant === undefined || id === undefined) return null
  return { key, tenant, tokens: Number(tokens), writtenMs: decodeTime(id.toUpperCase()) }
}

/** Whether a tenant's id can be a folder of the store. */
export const isFolderName = (tenant: string): boolean => /^(?!\.{1,2}$)[A-Za-z0-9._-]+$/.test(tenant)

/** A tenant's segments, oldest first; of every tenant, one after the other, without one. */
export async function* listSegments(store: ObjectStore, tenant?: string): AsyncGenerator<SegmentInfo> {
  for await (const { key } of store.list(tenant === undefined ? ROOT : `${ROOT}${tenant}/`)) {
    const segment = parseSegmentKey(key)
    if (segment) yield segment
  }
}
