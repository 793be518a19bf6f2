import { createEngineMetrics, createRegistry } from '@foretoken/telemetry'
import { afterEach, describe, expect, it } from 'vitest'
import { expectError } from '../../testing/errors.ts'
import { eventually, Harness } from '../../testing/harness.ts'
import { chat, PATH } from '../chat-completions/example.ts'

let gateway: Harness
afterEach(() => gateway.close())

async function page(): Promise<string> {
  return (await fetch(`${gateway.url}/metrics`)).text()
}

describe('GET /metrics', () => {
  it("answers 200 with the gateway's and the workers' metrics, one block a family", async () => {
    const registry = createRegistry()
    createEngineMetrics(registry).requestsRunning.set({ model_name: 'scripted' }, 3)
    const metrics = JSON.parse(JSON.stringify(await registry.getMetricsAsJSON()))
    gateway = await Harness.start({
      workers: [
        { name: 'wrk_a', metrics },
        { name: 'wrk_b', metrics },
      ],
    })
    await gateway.post(PATH, chat)
    await (await gateway.post(PATH, { ...chat, stream: true })).text()
    await eventually(() => expect(gateway.usage).toHaveLength(2))
    const text = await page()
    expect(text).toContain('vllm:num_requests_running{model_name="scripted",worker="wrk_a"} 3')
    expect(text).toContain('vllm:num_requests_running{model_name="scripted",worker="wrk_b"} 3')
    expect(text).toContain('vllm:request_success_total{model_name="scripted",finished_reason="length"} 2')
    expect(text).toContain('vllm:generation_tokens_total{model_name="scripted"} 10')
    expect(text).toContain('vllm:time_to_first_token_seconds_count{model_name="scripted"} 2')
    expect(text).toContain('vllm:inter_token_latency_seconds_count{model_name="scripted"} 8')
    const families = text.match(/^# TYPE \S+/gm) ?? []
    expect(new Set(families).size).toBe(families.length)
    expect(text).not.toContain('ten_test')
  })

  it('answers 200 also when a worker is gone', async () => {
    gateway = await Harness.start()
    await gateway.worker.close()
    expect(await page()).toContain('process_cpu_seconds_total')
  })

  it('answers 401 without the token where one is set', async () => {
    gateway = await Harness.start({ config: { metricsToken: 'a-long-metrics-token' } })
    await expectError(await fetch(`${gateway.url}/metrics`), 401, 'unauthorized_scrape')
    const headers = { authorization: 'Bearer a-long-metrics-token' }
    expect((await fetch(`${gateway.url}/metrics`, { headers })).status).toBe(200)
  })
})
