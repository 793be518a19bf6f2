import type { DraftVerdict, GenerateCall } from '@foretoken/protocol'
import { type Script, verdictScript } from '@foretoken/protocol/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { chat, PATH } from '../routes/chat-completions/example.ts'
import { eventually, Harness, KEY, TENANT } from '../testing/harness.ts'

let gateway: Harness
afterEach(() => gateway.close())

const target = { name: 'scripted', fingerprint: 'scripted-weights' }
const bad = { id: 'adp_bad', target, contentHash: '0b', key: 'adapters/ten_test/adp_bad' }
const good = { id: 'adp_good', target, contentHash: '0a', key: 'adapters/ten_test/adp_good' }

/** Finds fault with one adapter, as often as it is told to use it. */
const refuses: Script = (call, signal) =>
  verdictScript(call, signal, (version): DraftVerdict | null =>
    version === bad.id ? { version, verdict: 'refused', reason: 'it holds numbers that are none.' } : null,
  )

async function start(script: Script = refuses) {
  gateway = await Harness.start({ workers: [{ script }] })
  gateway.memory.keys.set(KEY, { ...TENANT, adapters: [bad] })
  gateway.memory.fallback = good
}

const ask = async () => {
  const answer = await gateway.post(PATH, chat)
  expect(answer.status).toBe(200)
  return answer.json()
}

const adapters = () => gateway.worker.calls.map((call: GenerateCall) => call.adapter?.id ?? null)

describe('what a call tells the worker of its tenant', () => {
  it('is the live adapter, whether it may learn, what it has to forget, and its weight', async () => {
    await start()
    const forgottenAt = new Date('2026-03-01T00:00:00Z')
    gateway.memory.keys.set(KEY, { ...TENANT, adapters: [good], learning: false, forgottenAt, weight: 2.5 })
    await ask()
    const [call] = gateway.worker.calls
    const { target: _, ...sent } = good
    expect(call).toMatchObject({ adapter: sent, learn: false, forgottenMs: forgottenAt.getTime(), weight: 2.5 })
    expect(call).not.toHaveProperty('canary')
  })

  it('is what it tries too, and at how large a share of its steps, as long as it does', async () => {
    await start()
    gateway.memory.keys.set(KEY, { ...TENANT, adapters: [good], canaries: [bad] })
    await ask()
    const { target: _, ...tried } = bad
    expect(gateway.worker.calls[0]).toMatchObject({
      adapter: { id: good.id },
      canary: { ...tried, share: expect.any(Number) },
    })
    expect(gateway.worker.calls[0]?.canary?.share).toBeLessThan(0.5)
  })
})

describe('a draft that a worker finds fault with', () => {
  it('is replaced by the last good one for the very next request, and the tenant notices nothing', async () => {
    await start()
    const first = await ask()
    expect(JSON.stringify(first)).not.toContain('adp_')
    await eventually(() => expect(gateway.memory.rejected).toHaveLength(1))
    await gateway.services.verdicts.settled()
    await ask()
    expect(adapters()).toEqual([bad.id, good.id])
    expect(gateway.memory.rejected).toEqual([
      { tenantId: 'ten_test', version: bad.id, reason: expect.stringContaining('numbers that are none') },
    ])
    expect(gateway.logs).toContain('draft rolled back')
  })

  it('is rejected once, however many requests end with the verdict', async () => {
    await start()
    await Promise.all(Array.from({ length: 6 }, ask))
    await gateway.services.verdicts.settled()
    expect(gateway.memory.rejected).toHaveLength(1)
  })

  it('is rejected by a later request where the database could not be told at first', async () => {
    await start()
    const reject = gateway.memory.rejectDraft.bind(gateway.memory)
    gateway.memory.rejectDraft = () => Promise.reject(new Error('down'))
    await ask()
    await gateway.services.verdicts.settled()
    gateway.memory.rejectDraft = reject
    await ask()
    await gateway.services.verdicts.settled()
    expect(gateway.memory.rejected).toHaveLength(1)
    expect(gateway.logs).toContain('not written yet')
  })
})
