import type { AdapterTiers } from '@foretoken/telemetry'
import type { TenantDrafts } from '../drafts.ts'

/** What a worker's drafts counted, by tier. */
export function adapterTiers({ memory, disk, ...counts }: TenantDrafts['statistics']): AdapterTiers {
  const { diskHits, diskMisses, storeHits, storeMisses } = counts
  return {
    ...(memory && { active: { adapters: memory.activeAdapters, bytes: memory.activeBytes }, memory }),
    ...(disk && { disk: { ...disk, hits: diskHits, misses: diskMisses } }),
    store: { hits: storeHits, misses: storeMisses },
  }
}
