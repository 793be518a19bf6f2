import { afterEach, describe, expect, it } from 'vitest'
import { eventually, Harness } from '../../testing/harness.ts'

let gateway: Harness
afterEach(() => gateway.close())

describe('GET /readyz', () => {
  it('answers 200 when requests can be served, without a key', async () => {
    gateway = await Harness.start()
    const answer = await fetch(`${gateway.url}/readyz`)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({
      status: 'ready',
      checks: { running: true, database: true, worker: true },
    })
  })

  it('answers 503 and names the database when that is down', async () => {
    gateway = await Harness.start()
    gateway.memory.outage = new Error('down')
    const answer = await fetch(`${gateway.url}/readyz`)
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ status: 'not ready', checks: { database: false, worker: true } })
  })

  it('answers 503 while no worker is ready', async () => {
    gateway = await Harness.start()
    gateway.worker.ready = false
    await eventually(() => expect(gateway.services.workers.someReady).toBe(false))
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503)
  })
})

describe('GET /healthz', () => {
  it('answers 200 whatever else is broken', async () => {
    gateway = await Harness.start({ workers: [], config: { workerUrls: ['http://127.0.0.1:9'] } })
    gateway.memory.outage = new Error('down')
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200)
  })
})
