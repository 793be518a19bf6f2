import {
  ADAPTER_CONFIG_FILE,
  ADAPTER_WEIGHTS_FILE,
  type AdapterPoolEvents,
  type CostPoint,
  CostTable,
  type DraftCosts,
  RecurrentSpeculator,
  SuffixSpeculator,
} from '@foretoken/drafting'
import { Engine, measureDrafts, measureTarget } from '@foretoken/engine'
import type { ObjectStore } from '@foretoken/storage'
import type { Models } from '../learning/world.ts'
import type { Population, Tenant } from './population.ts'
import { ADAPTER_BYTES_MAX, SEQUENCES_MAX } from './settings.ts'

/** An engine that has served nobody yet, with all adapters in the store and none in memory. */
export interface Serving {
  readonly engine: Engine
  /** Says which adapter the tenant should have, as each call does; whether it is there now. */
  prepare(tenant: Tenant): boolean
  /** Tenants whose adapter was taken out of service. */
  readonly demoted: ReadonlySet<string>
}

export interface MeasuredCosts {
  readonly target: readonly CostPoint[]
  readonly drafts: readonly DraftCosts[]
}

/** Measured once, so that every engine plans with the same. */
export async function measureServing(models: Pick<Models, 'model' | 'suffix' | 'neural'>): Promise<MeasuredCosts> {
  const options = { sequencesMax: SEQUENCES_MAX }
  return {
    target: await measureTarget(models.model.target, options),
    drafts: await measureDrafts([models.suffix, models.neural], options),
  }
}

export function openServing(
  { model, draft }: Pick<Models, 'model' | 'draft'>,
  { keys }: Population,
  store: ObjectStore,
  costs: MeasuredCosts,
): Serving {
  const demoted = new Set<string>()
  const events: AdapterPoolEvents = {
    load: ({ id }) => readFiles(store, keys.get(id) ?? ''),
    onRefused: (tenant, _ref, reason) => {
      throw new Error(`the adapter of ${tenant} was refused: ${reason}`)
    },
    onDemoted: (tenant) => demoted.add(tenant),
  }
  const neural = new RecurrentSpeculator(draft, events, { bytesMax: ADAPTER_BYTES_MAX })
  const suffix = new SuffixSpeculator({ endIds: model.tokenizer.eosIds })
  const engine = new Engine(
    {
      target: model.target,
      tokens: model.tokenizer,
      speculators: [suffix, neural],
      costs: new CostTable(costs.target, costs.drafts),
    },
    { sequencesMax: SEQUENCES_MAX },
  )
  const prepare = ({ id, adapter }: Tenant) => {
    if (demoted.has(id)) return neural.live(id) === adapter.id
    neural.want(id, { id: adapter.id, contentHash: adapter.contentHash })
    return neural.live(id) === adapter.id
  }
  return { engine, prepare, demoted }
}

async function readFiles(store: ObjectStore, key: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  for (const name of [ADAPTER_WEIGHTS_FILE, ADAPTER_CONFIG_FILE]) {
    const bytes = await store.get(`${key}/${name}`)
    if (!bytes) throw new Error(`${name} is not in the store`)
    files.set(name, bytes)
  }
  return files
}
