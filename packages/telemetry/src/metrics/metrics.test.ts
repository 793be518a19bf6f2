import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { createEngineMetrics } from './engine.ts'
import { renderMetrics } from './registry.ts'
import { createRequestMetrics } from './request.ts'

describe('metrics', () => {
  it("carry vLLM's names", async () => {
    const registry = new Registry()
    createEngineMetrics(registry)
    createRequestMetrics(registry)
    const names = registry.getMetricsAsArray().map((metric) => metric.name)
    expect(names.every((name) => name.startsWith('vllm:'))).toBe(true)
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

  it('that JSON can not hold are NaN, not zero', async () => {
    const families = [{ name: 'g', help: 'g', type: 'gauge', values: [{ value: null, labels: {} }] }]
    expect(await renderMetrics([{ labels: {}, families }])).toContain('g Nan')
  })
})
