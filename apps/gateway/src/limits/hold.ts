import { charge, cover, type UsedTokens } from '@foretoken/metering'
import { ApiError } from '@foretoken/protocol'
import type { Admission, Store } from '../store.ts'
import { within } from '../within.ts'

export interface HoldOptions {
  readonly store: Pick<Store, 'extend'>
  readonly gatewayId: string
  readonly leaseMs: number
  /** How long the database may take to answer. */
  readonly databaseMsMax: number
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
}

interface HeldRequest {
  readonly requestId: string
  readonly attempt: number
  readonly sliceTokens: number
  readonly admission: Admission
  /** When it was asked for, by `now`. */
  readonly askedMs: number
}

/** Within its lease less this, nobody else can have been granted what a request holds. */
const FENCE_SHARE = 0.8

/**
 * What one running request was granted of its tenant's budget. Nothing is delivered that is not covered by it, and
 * nothing after its lease may have run out: then others may have been granted the same money.
 */
export class Hold {
  /** When its request ended; the reservation goes with the bill. */
  endedMs: number | null = null
  /** What it used by now, for the limit of tokens. */
  used: () => number = () => 0
  private grantedNano: bigint | null
  private validUntilMs: number
  private readonly sliceNano: bigint
  private asking: Promise<void> | null = null
  /** The budget had nothing left when it was asked last. */
  private refused = false

  constructor(
    readonly request: HeldRequest,
    private readonly options: HoldOptions,
  ) {
    const { grantedNano, rates } = request.admission
    this.grantedNano = grantedNano
    this.sliceNano = BigInt(request.sliceTokens) * (rates?.output ?? 0n)
    this.validUntilMs = 0
    this.renewed(request.askedMs)
  }

  end(): void {
    this.endedMs = this.options.now()
  }

  /** Whether a budget bounds it. */
  get bounded(): boolean {
    return this.grantedNano !== null
  }

  private get valid(): boolean {
    return this.options.now() < this.validUntilMs
  }

  /** The reservation held when this was asked for. */
  renewed(askedMs: number): void {
    this.validUntilMs = Math.max(this.validUntilMs, askedMs + this.options.leaseMs * FENCE_SHARE)
  }

  /** The reservation is gone: others may have the money. */
  lost(): void {
    this.validUntilMs = Number.NEGATIVE_INFINITY
  }

  /**
   * Whether so many tokens may be delivered. Answers at once where they are granted already, which is the rule; false:
   * the budget is spent. Throws `budget_unavailable` where nobody can tell.
   */
  covers(tokens: UsedTokens): boolean | Promise<boolean> {
    if (this.grantedNano === null) return true
    const { covered, ask } = cover(this.grantedNano, this.costOf(tokens), this.sliceNano)
    if (covered && this.valid) {
      // What fails in the background is asked for again when it is needed.
      if (ask && !this.refused) void this.ask(ask).catch(() => undefined)
      return true
    }
    return this.wait(tokens)
  }

  private async wait(tokens: UsedTokens): Promise<boolean> {
    const state = () => cover(this.grantedNano ?? 0n, this.costOf(tokens), this.sliceNano)
    // What is under way may be enough, or have been asked for too little.
    await this.asking?.catch(() => undefined)
    const { covered, ask } = state()
    if (covered && this.valid) return true
    await this.ask(ask ?? { wantedNano: 0n, neededNano: 0n })
    return state().covered
  }

  private ask(more: { wantedNano: bigint; neededNano: bigint }): Promise<void> {
    this.asking ??= this.extend(more).finally(() => {
      this.asking = null
    })
    return this.asking
  }

  private async extend(more: { wantedNano: bigint; neededNano: bigint }): Promise<void> {
    const { store, gatewayId, leaseMs, databaseMsMax, now } = this.options
    const { requestId, attempt } = this.request
    const askedMs = now()
    let granted: bigint | null
    try {
      granted = await within(databaseMsMax, store.extend({ requestId, attempt, gatewayId }, more, leaseMs))
    } catch (cause) {
      throw new ApiError('budget_unavailable', { values: {}, internal: 'the ledger did not answer', cause })
    }
    if (granted === null) throw new ApiError('budget_unavailable', { values: {}, internal: 'the reservation is gone' })
    this.refused = granted === this.grantedNano && more.wantedNano > 0n
    this.grantedNano = granted
    this.renewed(askedMs)
  }

  private costOf(tokens: UsedTokens): bigint {
    return charge(tokens, this.request.admission.rates).totalNano
  }
}
