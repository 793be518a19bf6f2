import { hash } from 'node:crypto'
import { ApiError } from '@foretoken/protocol'
import type { AuthenticatedKey, Store } from '../store.ts'
import { within } from '../within.ts'

const ENTRIES_MAX = 10_000

interface Options {
  readonly trustMs: number
  readonly databaseMsMax: number
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
}

/**
 * Asks the store whose key this is, and trusts a positive answer until it hears that something changed (`drop`,
 * `dropAll`), or the key expires, and for `trustMs` at most: a burst of requests costs one query, and what nobody told
 * of is noticed nevertheless. Negative answers are not kept, so a new key works at once. The cache holds digests, never
 * keys.
 */
export class KeyCache {
  private readonly entries = new Map<string, { key: AuthenticatedKey; untilMs: number }>()
  private readonly asking = new Map<string, Promise<AuthenticatedKey | null>>()
  /** Rises with each change that was heard of: an answer that was asked for before it may be of before. */
  private changes = 0

  constructor(
    private readonly store: Pick<Store, 'authenticate'>,
    private readonly options: Options,
  ) {}

  /** Null for a key that opens nothing; throws `authentication_unavailable` when the store can't tell. */
  async authenticate(presented: string): Promise<AuthenticatedKey | null> {
    const digest = hash('sha256', presented, 'base64')
    const known = this.entries.get(digest)
    if (known && known.untilMs > this.options.now()) return known.key
    this.entries.delete(digest)
    const asked = this.asking.get(digest) ?? this.ask(digest, presented)
    return asked
  }

  /** Asks anew about every key of a tenant: something that its keys resolve to has changed. */
  drop(tenantId: string): void {
    this.forgetAnswersUnderWay()
    for (const [digest, { key }] of this.entries) {
      if (key.tenantId === tenantId) this.entries.delete(digest)
    }
  }

  /** Asks anew about every key: changes may have been missed. */
  dropAll(): void {
    this.forgetAnswersUnderWay()
    this.entries.clear()
  }

  private forgetAnswersUnderWay(): void {
    this.changes++
    this.asking.clear()
  }

  private ask(digest: string, presented: string): Promise<AuthenticatedKey | null> {
    const asked = this.askStore(digest, presented).finally(() => {
      if (this.asking.get(digest) === asked) this.asking.delete(digest)
    })
    this.asking.set(digest, asked)
    return asked
  }

  private async askStore(digest: string, presented: string): Promise<AuthenticatedKey | null> {
    const { databaseMsMax, now, trustMs } = this.options
    const askedMs = now()
    const changesBefore = this.changes
    try {
      const key = await within(databaseMsMax, this.store.authenticate(presented))
      const untilMs = askedMs + Math.min(trustMs, key?.validForMs ?? trustMs)
      if (key && this.changes === changesBefore) this.keep(digest, { key, untilMs })
      return key
    } catch (cause) {
      throw new ApiError('authentication_unavailable', { values: {}, internal: 'the key store did not answer', cause })
    }
  }

  /** A map keeps insertion order, so the first entry is the oldest. */
  private keep(digest: string, entry: { key: AuthenticatedKey; untilMs: number }): void {
    if (this.entries.size >= ENTRIES_MAX) {
      for (const oldest of this.entries.keys()) {
        this.entries.delete(oldest)
        break
      }
    }
    this.entries.set(digest, entry)
  }
}
