import { collectDefaultMetrics, type Metric, Registry } from 'prom-client'

export type { Registry } from 'prom-client'

/** A registry of its own per process, with Node's default metrics (memory, event loop, garbage collection). */
export function createRegistry(): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return registry
}

/** One metric as `Registry.getMetricsAsJSON` gives it, which is how a worker hands it to the gateway. */
interface Family {
  readonly name: string
  readonly help: string
  readonly type: unknown
  readonly values: readonly {
    readonly value: number | null
    readonly labels: Readonly<Record<string, string | number | undefined>>
    readonly metricName?: string | undefined
  }[]
}

export interface MetricSource {
  /** Added to every sample, to tell the sources apart. */
  readonly labels: Readonly<Record<string, string>>
  readonly families: readonly Family[]
}

/** Several processes' metrics as one page in Prometheus' text format: a family of many sources appears once. */
export async function renderMetrics(sources: readonly MetricSource[]): Promise<string> {
  const merged = new Map<string, { family: Family; values: Family['values'][number][] }>()
  for (const { labels, families } of sources) {
    for (const family of families) {
      const known = merged.get(family.name) ?? { family, values: [] }
      known.values.push(...family.values.map((sample) => ({ ...sample, labels: { ...sample.labels, ...labels } })))
      merged.set(family.name, known)
    }
  }
  const page = new Registry()
  for (const { family, values } of merged.values()) page.registerMetric(asMetric({ ...family, values }))
  return page.metrics()
}

/** prom-client renders whatever has a name and a `get`; its own cluster aggregation relies on the same. */
function asMetric(family: Family): Metric {
  const rendered = {
    ...family,
    values: family.values.map((sample) => ({ ...sample, value: sample.value ?? Number.NaN })),
  }
  return Object.assign(Object.create(null), { name: family.name, get: () => rendered })
}
