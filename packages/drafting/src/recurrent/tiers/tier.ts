/** Something that lies in a tier, or wants to. */
export interface Resident {
  readonly key: string
  readonly bytes: number
  /** Milliseconds that keeping it is expected to save. */
  readonly worthMs: number
  /** In use: it may not go. */
  readonly pinned: boolean
}

/**
 * What has to leave a tier so that a newcomer has room: what saves the fewest milliseconds per byte, the first of equals
 * in the order given. Undefined when the newcomer should stay out: what is pinned leaves no room, what would go is worth
 * more per byte than it, or the gain would not pay for LOAD_MS.
 */
export function makeRoom(
  newcomer: Resident,
  residents: Iterable<Resident>,
  freeBytes: number,
): readonly Resident[] | undefined {
  if (newcomer.bytes <= freeBytes) return newcomer.worthMs > LOAD_MS ? [] : undefined
  const density = densityOf(newcomer)
  const candidates: Resident[] = []
  for (const each of residents) if (!each.pinned && densityOf(each) < density) candidates.push(each)
  const leaving: Resident[] = []
  let free = freeBytes
  let gainMs = newcomer.worthMs
  while (newcomer.bytes > free) {
    const least = leastDense(candidates)
    if (!least) return undefined
    candidates.splice(candidates.indexOf(least), 1)
    leaving.push(least)
    free += least.bytes
    gainMs -= least.worthMs
  }
  return gainMs > LOAD_MS ? leaving : undefined
}

/**
 * What a load costs those who are served meanwhile: reading an adapter takes the thread for so long in all. It also keeps
 * two tenants that are worth the same from taking turns.
 */
export const LOAD_MS = 4

/** Which keys lie in one tier, in bytes; never more than `bytesMax` by `admit`. What is kept under them is its owner's. */
export class Tier {
  /** Bytes by key, the latest touched last. */
  private readonly held = new Map<string, number>()
  private total = 0
  private evicted = 0

  constructor(
    readonly bytesMax: number,
    private readonly judge: { worthMs(key: string): number; pinned(key: string): boolean },
  ) {}

  get bytes(): number {
    return this.total
  }

  get size(): number {
    return this.held.size
  }

  /** So far. */
  get evictions(): number {
    return this.evicted
  }

  bytesOf(key: string): number {
    return this.held.get(key) ?? 0
  }

  keys(): IterableIterator<string> {
    return this.held.keys()
  }

  /** Of two that are worth the same, the one touched longest ago leaves first. */
  touch(key: string): void {
    const bytes = this.held.get(key)
    if (bytes === undefined) return
    this.held.delete(key)
    this.held.set(key, bytes)
  }

  /** What would leave for it, or undefined when it would not be admitted. What it holds already counts as free. */
  roomFor(key: string, bytes: number): readonly Resident[] | undefined {
    const newcomer = { ...this.resident(key, bytes), pinned: false }
    return makeRoom(newcomer, this.others(key), this.bytesMax - this.total + this.bytesOf(key))
  }

  /** Takes it in; returns the keys that left for it, or undefined when it stays out. */
  admit(key: string, bytes: number): readonly string[] | undefined {
    const leaving = this.roomFor(key, bytes)?.map((resident) => resident.key)
    if (!leaving) return undefined
    for (const each of leaving) this.delete(each)
    this.evicted += leaving.length
    this.put(key, bytes)
    return leaving
  }

  /** Takes it in whatever the quota says, as what was found there already. */
  put(key: string, bytes: number): void {
    this.delete(key)
    this.held.set(key, bytes)
    this.total += bytes
  }

  delete(key: string): void {
    this.total -= this.bytesOf(key)
    this.held.delete(key)
  }

  private *others(key: string): Generator<Resident> {
    for (const [other, bytes] of this.held) if (other !== key) yield this.resident(other, bytes)
  }

  private resident(key: string, bytes: number): Resident {
    return { key, bytes, worthMs: this.judge.worthMs(key), pinned: this.judge.pinned(key) }
  }
}

function densityOf({ worthMs, bytes }: Resident): number {
  return worthMs / Math.max(1, bytes)
}

function leastDense(residents: readonly Resident[]): Resident | undefined {
  let least: Resident | undefined
  for (const each of residents) if (!least || densityOf(each) < densityOf(least)) least = each
  return least
}
