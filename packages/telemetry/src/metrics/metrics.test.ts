import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { createAdapterMetrics } from './adapters.ts'
import { createEngineMetrics } from './engine.ts'
import { renderMetrics } from './registry.ts'
import { createRequestMetrics } from './request.ts'

describe('metrics', () => {
  it("carry vLLM's names", async () => {
    const registry = new Registry()
    createEngineMetrics(registry)
    createRequestMetrics(registry)
    const names = registry.getMetricsAsArray().map((metric) => metric.name)
    expect(names.every((name) => /^(vllm|foretoken):/.test(name))).toBe(true)
    expect(names).toContain('vllm:spec_decode_num_accepted_tokens_per_pos_total')
    expect(names).toContain('vllm:time_to_first_token_seconds')
  })

  it('of several processes merge into one page with one block a family', async () => {
    const sources = await Promise.all(
      ['wrk_a', 'wrk_b'].map(async (worker) => {
        const registry = new Registry()
        const metrics = createEngineMetrics(registry)
        metrics.requestsRunning.set({ model_name: 'm"1' }, 2)
        metrics.queueSeconds.observe({ model_name: 'm"1' }, 0.003)
        const families = JSON.parse(JSON.stringify(await registry.getMetricsAsJSON()))
        return { labels: { worker }, families }
      }),
    )
    const page = await renderMetrics(sources)
    expect(page.match(/# TYPE vllm:num_requests_running gauge/g)).toHaveLength(1)
    expect(page).toContain('vllm:num_requests_running{model_name="m\\"1",worker="wrk_a"} 2')
    expect(page).toContain('vllm:num_requests_running{model_name="m\\"1",worker="wrk_b"} 2')
    expect(page).toContain('vllm:request_queue_time_seconds_bucket{le="0.005",model_name="m\\"1",worker="wrk_b"} 1')
    expect(page).toContain('vllm:request_queue_time_seconds_count{model_name="m\\"1",worker="wrk_a"} 1')
  })

  it('of adapters are what the tiers say at each scrape, and nothing where a tier has no such thing', async () => {
    const registry = new Registry()
    const memory = { hits: 5, adapters: 3, bytes: 600 }
    createAdapterMetrics(registry, 'm', () => ({ memory, store: { hits: 7, misses: 1 } }))
    await registry.metrics()
    Object.assign(memory, { hits: 6, adapters: 2 })
    const page = await registry.metrics()
    expect(page).toContain('foretoken:adapter_hits_total{model_name="m",tier="memory"} 6')
    expect(page).toContain('foretoken:adapters{model_name="m",tier="memory"} 2')
    expect(page).toContain('foretoken:adapter_misses_total{model_name="m",tier="store"} 1')
    expect(page).not.toContain('foretoken:adapter_bytes{model_name="m",tier="store"}')
  })

  it('that JSON can not hold are NaN, not zero', async () => {
    const families = [{ name: 'g', help: 'g', type: 'gauge', values: [{ value: null, labels: {} }] }]
    expect(await renderMetrics([{ labels: {}, families }])).toContain('g Nan')
  })
})
