import { ConfidenceCalibration, PairedComparison } from '../calibration/index.ts'
import type { LoadedAdapter } from './adapter-reader.ts'

export type NeuralArm = 'static' | 'adaptive'

/** What the neural arms know of one tenant's outcomes. Nothing in it is ever read for another. */
export class TenantMemory {
  private shared: ConfidenceCalibration
  private own:
    | { readonly id: string; readonly calibration: ConfidenceCalibration; readonly comparison: PairedComparison }
    | undefined

  /** @param acceptance of the static draft by position, as its card says */
  constructor(private readonly acceptance: readonly number[]) {
    this.shared = new ConfidenceCalibration(acceptance)
  }

  /** An adapter starts with a calibration and a comparison with the static draft of its own. */
  calibration(arm: NeuralArm, adapter: LoadedAdapter | undefined): ConfidenceCalibration {
    return arm === 'adaptive' && adapter ? this.of(adapter).calibration : this.shared
  }

  comparison(adapter: LoadedAdapter): PairedComparison {
    return this.of(adapter).comparison
  }

  forget(): void {
    this.shared = new ConfidenceCalibration(this.acceptance)
    this.own = undefined
  }

  private of({ ref, acceptance }: LoadedAdapter) {
    if (this.own?.id !== ref.id) {
      const calibration = new ConfidenceCalibration(acceptance ?? this.acceptance)
      this.own = { id: ref.id, calibration, comparison: new PairedComparison() }
    }
    return this.own
  }
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
