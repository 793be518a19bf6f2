import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WorkerClient, WorkerDeclined, WorkerLost } from '../client/index.ts'
import type { Frame, GenerateCall } from '../rpc.ts'
import { exampleCall } from './scripts.ts'

export interface WorkerUnderTest {
  readonly url: string
  readonly clusterSecret: string
  close(): Promise<void>
}

/** What every worker owes a gateway. Run it over the scripted worker and over the real one alike. */
export function describeWorkerConformance(name: string, start: () => Promise<WorkerUnderTest>): void {
  describe(`${name} speaks the RPC`, () => {
    let worker: WorkerUnderTest
    let client: WorkerClient
    let call: GenerateCall

    beforeAll(async () => {
      worker = await start()
      client = new WorkerClient(worker)
      const status = await client.status()
      call = exampleCall(status.model.id, status.model.fingerprint)
    })

    afterAll(async () => {
      await client.close()
      await worker.close()
    })

    it('says what it serves', async () => {
      expect(await client.status()).toMatchObject({ ready: true, running: 0, waiting: 0 })
      expect(await client.metrics()).toBeInstanceOf(Array)
    })

    it('starts with start, ends with end, and counts cumulatively', async () => {
      const frames = await collect(client, call)
      expect(frames.at(0)?.type).toBe('start')
      const counts = frames.flatMap((frame) => (frame.type === 'text' ? [frame.completionTokens] : []))
      expect(counts).toEqual([...counts].sort((a, b) => a - b))
      const end = frames.at(-1)
      expect(end?.type === 'end' && end.usage.completionTokens).toBe(counts.at(-1))
      expect(end?.type === 'end' && end.usage.promptTokens).toBeGreaterThan(0)
    })

    it('declines a call for other weights than it has', async () => {
      const declined = collect(client, { ...call, fingerprint: 'of before' })
      await expect(declined).rejects.toMatchObject({ error: { code: 'target_changed' } })
    })

    it('finishes every choice once', async () => {
      const frames = await collect(client, { ...call, choices: 3 })
      const finished = frames.flatMap((frame) => (frame.type === 'finish' ? [frame.choice] : []))
      expect(finished.sort()).toEqual([0, 1, 2])
    })

    it('gives the same text for the same seed, with speculation and without', async () => {
      const auto = textOf(await collect(client, call))
      const none = textOf(await collect(client, { ...call, request: 'req_none', speculation: { arm: 'none' } }))
      expect(none).toBe(auto)
    })

    it('goes on from what another worker said, with what that one would have said', async () => {
      for (const details of [{}, { topLogprobs: 1 }, { stopStrings: ['e'] }, { choices: 3 }]) {
        const whole = await collect(client, { ...call, ...details })
        for (const cut of [0, 1, 2, 5, 9, whole.length]) {
          const before = whole.slice(0, cut)
          const choices = Array.from({ length: details.choices ?? 1 }, (_, choice) => choice)
          const resumed = choices.map((choice) => before.flatMap((frame) => tokensOf(frame, choice)))
          const after = await collect(client, { ...call, ...details, resumed })
          for (const choice of choices) {
            expect(said([...before, ...after], choice)).toEqual(said(whole, choice))
          }
          expect(usageOf(after)).toMatchObject(usageOf(whole))
        }
      }
    })

    it('reads text and tokens as prompts', async () => {
      const inputs: GenerateCall['input'][] = [
        { kind: 'text', text: 'SELECT name' },
        { kind: 'tokens', tokens: [5, 6, 7] },
      ]
      for (const input of inputs) {
        const frames = await collect(client, { ...call, input })
        expect(frames.at(-1)?.type).toBe('end')
      }
    })

    it('reports the alternatives that were asked for', async () => {
      const frames = await collect(client, { ...call, topLogprobs: 2 })
      const scored = frames.flatMap((frame) => (frame.type === 'text' ? (frame.logprobs ?? []) : []))
      expect(scored.length).toBeGreaterThan(0)
      for (const token of scored) expect(token.top).toHaveLength(2)
    })

    it('serves a tenant whose adapter it does not have at once, with the same text, and speaks of no other draft', async () => {
      const tenant = 'ten_adapted'
      const adapter = { id: 'adp_missing', contentHash: '00', key: `adapters/${tenant}/adp_missing` }
      const plain = textOf(await collect(client, call))
      for (const request of ['req_first', 'req_second']) {
        const frames = await collect(client, { ...call, tenant, request, adapter })
        expect(textOf(frames)).toBe(plain)
        const end = frames.at(-1)
        const versions = end?.type === 'end' ? end.drafts.map(({ version }) => version) : ['no end']
        expect([[], [adapter.id]]).toContainEqual(versions)
      }
      const end = (await collect(client, { ...call, tenant })).at(-1)
      expect(end?.type === 'end' && end.drafts).toEqual([])
    })

    it('serves a tenant that opted out, or was forgotten, with the same text', async () => {
      const plain = textOf(await collect(client, call))
      expect(textOf(await collect(client, { ...call, learn: false }))).toBe(plain)
      expect(textOf(await collect(client, { ...call, forgottenMs: 1_700_000_000_000 }))).toBe(plain)
    })

    it('declines a model that it does not have', async () => {
      await expect(collect(client, { ...call, model: 'no-such-model' })).rejects.toMatchObject({
        error: { code: 'model_not_found' },
      })
    })

    it('declines a prompt that does not fit', async () => {
      const { model } = await client.status()
      const tokens = Array.from({ length: model.contextLength + 1 }, () => 5)
      await expect(collect(client, { ...call, input: { kind: 'tokens', tokens } })).rejects.toMatchObject({
        error: { code: 'context_length_exceeded' },
      })
    })

    it('declines a constraint that it can not keep, naming the parameter', async () => {
      const param = 'response_format.json_schema.schema'
      const constraint = { param, source: { kind: 'json' as const, schema: '{"not":{}}' } }
      for (const resumed of [undefined, [[5]]]) {
        await expect(collect(client, { ...call, constraint, ...(resumed && { resumed }) })).rejects.toMatchObject({
          error: { code: expect.stringMatching(/^(invalid_value|structured_outputs_unavailable)$/), param },
        })
      }
    })

    it('declines what is no call', async () => {
      const refused = collect(client, { ...call, choices: 0 })
      await expect(refused).rejects.toBeInstanceOf(WorkerDeclined)
      await expect(refused).rejects.toMatchObject({ error: { code: 'internal' } })
    })

    it('answers nobody without the cluster secret', async () => {
      const stranger = new WorkerClient({ ...worker, clusterSecret: 'wrong' })
      await expect(collect(stranger, call)).rejects.toBeInstanceOf(Error)
      const answer = await fetch(`${worker.url}/rpc/v1/status`)
      expect(answer.status).toBe(401)
      await stranger.close()
    })

    it('says which tokens a prompt is, as many as generation counts, and what text they are', async () => {
      if (call.input.kind !== 'chat') throw new TypeError('the example is a conversation')
      const chat = { ...call.input, addGenerationPrompt: true }
      const { tokens, spellings } = await client.tokenize({ model: call.model, input: chat })
      const [start] = await collect(client, call)
      expect(start?.type === 'start' && start.promptTokens).toBe(tokens.length)
      expect(spellings).toHaveLength(tokens.length)
      const text = ' Names of 42 customers, naïve 👍'
      const input = { kind: 'text' as const, text, addSpecialTokens: false }
      const plain = await client.tokenize({ model: call.model, input })
      expect(await client.detokenize({ model: call.model, tokens: plain.tokens })).toEqual({ text })
    })

    it('declines tokens that its vocabulary does not have, by their place', async () => {
      const refused = client.detokenize({ model: call.model, tokens: [0, 999_999_999] })
      await expect(refused).rejects.toMatchObject({ error: { code: 'invalid_value', param: 'tokens[1]' } })
    })

    it('stops working when the gateway hangs up', async () => {
      const abort = new AbortController()
      const reason = new Error('nobody waits')
      const cancelled = (async () => {
        for await (const frame of client.generate({ ...call, completionTokensMax: 400 }, abort.signal)) {
          if (frame.type === 'start') abort.abort(reason)
        }
      })()
      await expect(cancelled).rejects.toBe(reason)
      await idle(client)
    })
  })
}

async function collect(client: WorkerClient, call: GenerateCall): Promise<Frame[]> {
  const frames: Frame[] = []
  for await (const frame of client.generate(call, new AbortController().signal)) frames.push(frame)
  return frames
}

const tokensOf = (frame: Frame, choice: number) =>
  frame.type === 'text' && frame.choice === choice ? frame.tokens : []

/** Everything that a tenant reads of one choice. Who resumes tells its end once more. */
function said(frames: readonly Frame[], choice: number) {
  const own = frames.flatMap((frame) => (frame.type === 'text' && frame.choice === choice ? [frame] : []))
  const ends = frames.flatMap((frame) => (frame.type === 'finish' && frame.choice === choice ? [frame.reason] : []))
  return {
    text: own.map(({ text }) => text).join(''),
    tokens: own.flatMap(({ tokens }) => tokens),
    scored: own.flatMap(({ logprobs = [] }) => logprobs.map(({ text }) => text)),
    count: own.at(-1)?.completionTokens,
    ends: [...new Set(ends)],
  }
}

function usageOf(frames: readonly Frame[]) {
  const end = frames.at(-1)
  if (end?.type !== 'end') throw new Error('no end')
  const { promptTokens, completionTokens } = end.usage
  return { type: 'end', usage: { promptTokens, completionTokens } }
}

function textOf(frames: readonly Frame[]): string {
  return frames.map((frame) => (frame.type === 'text' ? frame.text : '')).join('')
}

/** Polls the worker's own count of running calls: the only way to see from outside that it stopped. */
async function idle(client: WorkerClient): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const status = await client.status()
    if (status.running + status.waiting === 0) return
    await sleep(20)
  }
  throw new WorkerLost('the worker still runs a call that nobody waits for')
}
