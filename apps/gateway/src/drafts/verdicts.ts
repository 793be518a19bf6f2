import type { DraftVerdict } from '@foretoken/protocol'
import type { Logger } from '@foretoken/telemetry'
import type { KeyCache } from '../keys/key-cache.ts'
import type { Store } from '../store.ts'

const WORDS: Readonly<Record<DraftVerdict['verdict'], string>> = {
  refused: 'A worker could not use it',
  demoted: 'It drafted worse than the static draft',
}

/**
 * Acts on what workers found out about drafts: a refused or demoted version is taken out of use, the last good one
 * takes its place, and the next request asks the store anew. A request never waits for it. What fails is not repeated
 * here: the worker says it again at the end of the tenant's next request, and several gateways may say it at once.
 */
export class Verdicts {
  private readonly applying = new Map<string, Promise<void>>()

  constructor(
    private readonly store: Pick<Store, 'rejectDraft'>,
    private readonly keys: Pick<KeyCache, 'drop'>,
    private readonly logger: Logger,
  ) {}

  apply(tenantId: string, verdicts: readonly DraftVerdict[]): void {
    for (const verdict of verdicts) {
      const name = `${tenantId} ${verdict.version}`
      if (this.applying.has(name)) continue
      this.applying.set(
        name,
        this.reject(tenantId, verdict).finally(() => this.applying.delete(name)),
      )
    }
  }

  /** Resolves when nothing is being written. */
  async settled(): Promise<void> {
    while (this.applying.size > 0) await Promise.all(this.applying.values())
  }

  private async reject(tenantId: string, { version, verdict, reason }: DraftVerdict): Promise<void> {
    try {
      const { changed, live } = await this.store.rejectDraft(tenantId, version, `${WORDS[verdict]}: ${reason}`)
      this.keys.drop(tenantId)
      if (changed) this.logger.warn({ tenantId, version, verdict, reason, live }, 'draft rolled back')
    } catch (err) {
      this.logger.warn({ err, tenantId, version, verdict }, 'verdict on a draft not written yet')
    }
  }
}
