import type { ObjectStore } from '@foretoken/storage'
import { decodeTime, monotonicFactory } from 'ulid'

/** One segment in the store, as far as its key tells. */
export interface SegmentInfo {
  readonly key: string
  readonly tenant: string
  /** The first digits of the fingerprint of its target; null for one that was written before keys named it. */
  readonly target: string | null
  /** Completion tokens in it. */
  readonly tokens: number
  /** Unix milliseconds at which it was written. */
  readonly writtenMs: number
}

export interface NewSegment {
  /** Fingerprint. */
  readonly target: string
  readonly tokens: number
  /** Unix milliseconds by the cluster's clock. */
  readonly nowMs: number
}

const ROOT = 'traces/'
const KEY = /^traces\/([A-Za-z0-9._-]+)\/([0-9a-z]{26})-(\d+)(?:-([0-9a-z]{1,16}))?\.safetensors$/

/**
 * `traces/{tenant}/{ulid}-{tokens}-{target}.safetensors`: in order of time, and counted by target without being read. What
 * is in a segment says of which target it is in full.
 */
export function newSegmentKey(tenant: string, { target, tokens, nowMs }: NewSegment): string {
  return `${ROOT}${tenant}/${ulid(nowMs).toLowerCase()}-${tokens}-${shortTarget(target)}.safetensors`
}

const ulid = monotonicFactory()

/** Null for a key that names no segment. */
export function parseSegmentKey(key: string): SegmentInfo | null {
  const [, tenant, id, tokens, target = null] = KEY.exec(key) ?? []
  if (tenant === undefined || id === undefined) return null
  return { key, tenant, target, tokens: Number(tokens), writtenMs: decodeTime(id.toUpperCase()) }
}

/** Whether a tenant's id can be a folder of the store. */
export const isFolderName = (tenant: string): boolean => /^(?!\.{1,2}$)[A-Za-z0-9._-]+$/.test(tenant)

/** As far as keys name a target. */
export const shortTarget = (fingerprint: string): string => fingerprint.slice(0, 16)

/** Whether a segment may be of this target: one of before has to be read to know. */
export const mayBeOf = (fingerprint: string, { target }: Pick<SegmentInfo, 'target'>): boolean =>
  target === null || target === shortTarget(fingerprint)

/** The newest segment of a tenant that may be of this target; null: none. */
export async function newestSegment(store: ObjectStore, tenant: string, target: string): Promise<string | null> {
  let newest: string | null = null
  for await (const segment of listSegments(store, tenant)) if (mayBeOf(target, segment)) newest = segment.key
  return newest
}

/** A tenant's segments, oldest first; of every tenant, one after the other, without one. */
export async function* listSegments(store: ObjectStore, tenant?: string): AsyncGenerator<SegmentInfo> {
  for await (const { key } of store.list(tenant === undefined ? ROOT : `${ROOT}${tenant}/`)) {
    const segment = parseSegmentKey(key)
    if (segment) yield segment
  }
}
