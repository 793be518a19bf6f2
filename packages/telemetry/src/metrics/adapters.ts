import { Counter, Gauge, type Registry } from 'prom-client'

/** Of one tier since the start, but for what it holds now; what does not apply to a tier is absent. */
export interface AdapterTier {
  readonly hits?: number
  readonly misses?: number
  readonly loads?: number
  readonly evictions?: number
  readonly adapters?: number
  readonly bytes?: number
}

/** From near to far: in a running sequence, in memory, on this worker's disk, in the object store. */
export type AdapterTiers = Readonly<Partial<Record<'active' | 'memory' | 'disk' | 'store', AdapterTier>>>

/**
 * Where tenants' adapters are. vLLM has no names for this (its `vllm:lora_requests_info` lists adapters by name, and no
 * label of ours may name a tenant), so these are Foretoken's own. They are read when Prometheus asks.
 */
export function createAdapterMetrics(registry: Registry, model_name: string, read: () => AdapterTiers): void {
  for (const { field, counted, ...text } of METRICS) {
    const options = { ...text, labelNames: ['model_name', 'tier'] as const, registers: [registry] }
    const collect = () => {
      metric.reset()
      for (const [tier, statistics] of Object.entries(read())) {
        const value = statistics[field]
        if (value !== undefined) metric.inc({ model_name, tier }, value)
      }
    }
    const metric = counted ? new Counter(options) : new Gauge(options)
    Object.assign(metric, { collect })
  }
}

interface Definition {
  readonly field: keyof AdapterTier
  readonly name: string
  readonly help: string
  readonly counted: boolean
}

const METRICS: readonly Definition[] = [
  {
    /**
     * PromQL, share of requests that found their adapter in memory:
     * `sum(rate(foretoken:adapter_hits_total{tier="memory"}[5m])) /
     * sum(rate({__name__=~"foretoken:adapter_(hits|misses)_total",tier="memory"}[5m]))`
     */
    ...{ field: 'hits', name: 'foretoken:adapter_hits_total', counted: true },
    help: 'Adapters that were asked for and found in this tier',
  },
  {
    /** Of memory: requests that the static draft served although their tenant has an adapter. */
    ...{ field: 'misses', name: 'foretoken:adapter_misses_total', counted: true },
    help: 'Adapters that were asked for and not found in this tier',
  },
  {
    /** PromQL: `sum by (worker, tier) (rate(foretoken:adapter_loads_total[5m]))` */
    ...{ field: 'loads', name: 'foretoken:adapter_loads_total', counted: true },
    help: 'Adapters brought into this tier',
  },
  {
    /** PromQL, a sign of too little room: `rate(foretoken:adapter_evictions_total{tier="memory"}[5m]) > 1` */
    ...{ field: 'evictions', name: 'foretoken:adapter_evictions_total', counted: true },
    help: 'Adapters that left this tier for one that saves more',
  },
  {
    /** PromQL: `sum by (worker, tier) (foretoken:adapters)` */
    ...{ field: 'adapters', name: 'foretoken:adapters', counted: false },
    help: 'Adapters in this tier',
  },
  {
    /** PromQL: `sum by (worker, tier) (foretoken:adapter_bytes)` */
    ...{ field: 'bytes', name: 'foretoken:adapter_bytes', counted: false },
    help: 'Bytes of the adapters in this tier',
  },
]
