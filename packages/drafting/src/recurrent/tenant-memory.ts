import { AcceptanceForecast, ConfidenceCalibration, PairedComparison } from '../calibration/index.ts'
import type { LoadedAdapter } from './adapter-reader.ts'

export type NeuralArm = 'static' | 'adaptive'

/** What is known of one arm's outcomes with one tenant. */
export interface ArmMemory {
  readonly calibration: ConfidenceCalibration
  readonly forecast: AcceptanceForecast
}

/** What the neural arms know of one tenant's outcomes. Nothing in it is ever read for another. */
export class TenantMemory {
  private shared: ArmMemory
  /** By adapter, the newest last: what serves, and what is tried beside it. */
  private readonly own = new Map<string, ArmMemory & { readonly comparison: PairedComparison }>()

  /** @param acceptance of the static draft by position, as its card says */
  constructor(private readonly acceptance: readonly number[]) {
    this.shared = armMemory(acceptance)
  }

  /** An adapter starts with a memory and a comparison of its own. */
  arm(arm: NeuralArm, adapter: LoadedAdapter | undefined): ArmMemory {
    const own = adapter && this.of(adapter)
    return arm === 'adaptive' && own ? own : this.shared
  }

  comparison(adapter: LoadedAdapter): PairedComparison {
    return this.of(adapter).comparison
  }

  forget(): void {
    this.shared = armMemory(this.acceptance)
    this.own.clear()
  }

  /** A new adapter brings what its gate saw of both arms on this tenant's text, which is better than the card. */
  private of({ ref, acceptance, staticAcceptance }: LoadedAdapter) {
    const known = this.own.get(ref.id)
    if (known) return known
    const fresh = { ...armMemory(acceptance ?? this.acceptance), comparison: new PairedComparison() }
    this.own.set(ref.id, fresh)
    if (staticAcceptance) this.shared.forecast.expect(staticAcceptance)
    for (const oldest of this.own.keys()) {
      if (this.own.size <= ADAPTERS_MAX) break
      this.own.delete(oldest)
    }
    return fresh
  }
}

const ADAPTERS_MAX = 2

function armMemory(acceptance: readonly number[]): ArmMemory {
  return { calibration: new ConfidenceCalibration(), forecast: new AcceptanceForecast(acceptance) }
}

export class TenantMemories {
  /** In order of use, the latest last. */
  private readonly memories = new Map<string, TenantMemory>()

  constructor(
    private readonly acceptance: readonly number[],
    private readonly tenantsMax = 4_096,
  ) {}

  of(tenant: string): TenantMemory {
    const memory = this.memories.get(tenant) ?? new TenantMemory(this.acceptance)
    this.memories.delete(tenant)
    this.memories.set(tenant, memory)
    for (const idle of this.memories.keys()) {
      if (this.memories.size <= this.tenantsMax) break
      this.memories.delete(idle)
    }
    return memory
  }

  forget(tenant: string): void {
    this.memories.get(tenant)?.forget()
    this.memories.delete(tenant)
  }
}
