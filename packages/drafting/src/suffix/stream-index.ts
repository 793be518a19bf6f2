import { CONTEXT_ORDERS, hashContext, MATCH_MAX, PROBES_MAX } from './context.ts'

/** Positions whose preceding tokens match a context, best first: by order class, then by recency. */
export interface Candidates {
  count: number
  readonly positions: Int32Array
  readonly matches: Int32Array
}

/**
 * Token streams in a ring buffer, searchable by what precedes each token.
 *
 * For each order k, `heads[k]` maps a hash of k tokens to the latest position they precede, and `previous[k]` chains
 * that position to the one before it, as LZ77 coders do. Appending writes one slot per order; dropping the oldest
 * token only moves `first`, because chains run from new to old and a walk stops at the first position that is gone.
 * Hash collisions cost a probe, never a wrong answer: every candidate is compared backwards, token by token.
 *
 * Bytes per token: 4 (token) + 8 per order (head, chain) + 1 (hit); see `BYTES_PER_TOKEN`.
 */
export class StreamIndex {
  private tokens = new Int32Array(0)
  private hits = new Uint8Array(0)
  private heads: Int32Array[] = []
  private previous: Int32Array[] = []
  /** Positions count up from 1 and live in slot `position & mask`; those in [first, next) are kept. */
  private first = 1
  private next = 1
  private mask = 0
  private readonly hashes = new Int32Array(CONTEXT_ORDERS.length)

  private readonly capacityMax: number

  /** Starts with room for about `capacity` tokens and grows, never past `capacityMax`; both become powers of two. */
  constructor(
    capacity: number,
    capacityMax: number,
    private readonly positionMax = 2 ** 30,
  ) {
    this.capacityMax = 2 ** Math.floor(Math.log2(Math.max(CAPACITY_MIN, capacityMax)))
    const wanted = 2 ** Math.ceil(Math.log2(Math.max(CAPACITY_MIN, capacity)))
    this.allocate(Math.min(wanted, this.capacityMax))
  }

  get size(): number {
    return this.next - this.first
  }

  get bytes(): number {
    return this.tokens.length * BYTES_PER_TOKEN
  }

  /** The token at a position, or BOUNDARY where a stream ends. */
  at(position: number): number {
    return this.tokens[position & this.mask] ?? BOUNDARY
  }

  /** Adds one token; the contexts that end just before it now lead to it. A boundary is never led to. */
  append(token: number): void {
    if (this.size > this.mask) this.makeRoom()
    const position = this.next
    const orders = token === BOUNDARY ? 0 : hashContext(this.tokens, position, this.size, this.mask, this.hashes)
    for (let order = 0; order < orders; order++) {
      const heads = this.heads[order]
      const previous = this.previous[order]
      if (!heads || !previous) break
      const bucket = (this.hashes[order] ?? 0) & this.mask
      previous[position & this.mask] = heads[bucket] ?? 0
      heads[bucket] = position
    }
    this.tokens[position & this.mask] = token
    this.hits[position & this.mask] = 0
    this.next = position + 1
  }

  /**
   * Fills `found` with positions that continue `context[0..length)`: all orders from the longest down, each order's
   * newest first, no position twice. A position's match is at least its order and at most MATCH_MAX.
   */
  search(context: Int32Array, length: number, orderMin: number, found: Candidates): void {
    found.count = 0
    const orders = hashContext(context, length, length, CONTEXT_UNMASKED, this.hashes)
    let matchMax = MATCH_MAX + 1
    for (let order = orders - 1; order >= 0; order--) {
      const tokens = CONTEXT_ORDERS[order] ?? 1
      if (tokens < orderMin || found.count === found.positions.length) return
      this.walk(order, context, length, tokens, matchMax, found)
      matchMax = tokens
    }
  }

  /** Remembers that the token at this position was proposed and came true. */
  credit(position: number): void {
    const slot = position & this.mask
    if (position < this.first || position >= this.next) return
    if (this.hits[slot] !== 255) this.hits[slot] = (this.hits[slot] ?? 0) + 1
  }

  /** The streams that lose tokens when the oldest `count` are dropped, oldest first. */
  *oldest(count: number): Generator<{ tokens: number[]; hits: number }> {
    let tokens: number[] = []
    let hits = 0
    for (let position = this.first; position < this.next; position++) {
      const token = this.at(position)
      if (token !== BOUNDARY) {
        tokens.push(token)
        hits += this.hits[position & this.mask] ?? 0
        continue
      }
      if (tokens.length > 0) yield { tokens, hits }
      if (position - this.first >= count) return
      tokens = []
      hits = 0
    }
  }

  /** Tokens that fit before the oldest are dropped. */
  get room(): number {
    return this.capacityMax - this.size
  }

  private walk(order: number, context: Int32Array, length: number, atLeast: number, below: number, found: Candidates) {
    const heads = this.heads[order]
    const previous = this.previous[order]
    if (!heads || !previous) return
    let position = heads[(this.hashes[order] ?? 0) & this.mask] ?? 0
    for (let probes = 0; probes < PROBES_MAX && position >= this.first; probes++) {
      const match = this.match(context, length, position)
      if (match >= atLeast && match < below) {
        found.positions[found.count] = position
        found.matches[found.count] = match
        found.count++
        if (found.count === found.positions.length) return
      }
      position = previous[position & this.mask] ?? 0
    }
  }

  /** How many tokens before `position` equal the end of the context, up to MATCH_MAX and within the stream. */
  private match(context: Int32Array, length: number, position: number): number {
    const { tokens, mask } = this
    const limit = Math.min(MATCH_MAX, length, position - this.first)
    let match = 0
    while (match < limit && tokens[(position - 1 - match) & mask] === context[length - 1 - match]) match++
    return match
  }

  private makeRoom(): void {
    if (this.tokens.length < this.capacityMax) this.rebuild(this.tokens.length * 2)
    else if (this.next < this.positionMax) this.first++
    else this.rebuild(this.tokens.length)
  }

  /** Copies what is kept into fresh arrays: to grow, or to restart positions before they leave 31 bits. */
  private rebuild(capacity: number): void {
    const { tokens, hits, mask, next } = this
    const from = capacity > tokens.length ? this.first : this.first + 1
    this.allocate(capacity)
    for (let position = from; position < next; position++) {
      this.append(tokens[position & mask] ?? BOUNDARY)
      this.hits[(this.next - 1) & this.mask] = hits[position & mask] ?? 0
    }
  }

  private allocate(capacity: number): void {
    this.tokens = new Int32Array(capacity)
    this.hits = new Uint8Array(capacity)
    this.heads = CONTEXT_ORDERS.map(() => new Int32Array(capacity))
    this.previous = CONTEXT_ORDERS.map(() => new Int32Array(capacity))
    this.mask = capacity - 1
    this.first = 1
    this.next = 1
  }
}

/** Ends a stream: no match crosses it and it is never proposed. Not a token id. */
export const BOUNDARY = -1

export const BYTES_PER_TOKEN = 5 + 8 * CONTEXT_ORDERS.length

const CONTEXT_UNMASKED = -1
const CAPACITY_MIN = 16
