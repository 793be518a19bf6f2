import { setTimeout as sleep } from 'node:timers/promises'
import { listSegments } from '@foretoken/learning'
import type { ObjectStore } from '@foretoken/storage'
import { complete } from './completion.ts'
import type { Stage } from './stage.ts'
import { type DemoTenant, textOf } from './tenants.ts'

/** Requests of a tenant under way at once: nothing is measured here, so they may share the worker's steps. */
const LANES = 12
const LOOK_MS = 250

/** Lets a tenant use the platform until the traces of what it was answered are enough to teach a draft with. */
export async function sendTraffic(stage: Stage, tenant: DemoTenant): Promise<void> {
  const { store, settings, story, signal } = stage
  const wanted = settings.tokens
  let [stored, sent] = [0, 0]
  story.scene = `${tenant.name} sends what it sends every day, ${LANES} requests at a time`
  const watch = async () => {
    while (stored < wanted) {
      stored = await storedTokens(store, tenant.id)
      story.learned(tenant.name, { stage: 'watching', tokens: stored, wanted })
      await sleep(LOOK_MS, undefined, { signal })
    }
  }
  const lane = async () => {
    while (stored < wanted) {
      sent += await sendOne(stage, tenant)
      if (sent > 4 * (wanted + WRITTEN_AT_ONCE)) throw new Error(`no traces of ${tenant.name}'s requests were stored`)
    }
  }
  await Promise.all([watch(), ...Array.from({ length: LANES }, lane)])
}

/** A worker writes traces in segments of about so many tokens. */
const WRITTEN_AT_ONCE = 2_048

/** What is shown are whole answers: twelve that stream at once can't be read. */
async function sendOne({ url, model, settings, story, signal }: Stage, tenant: DemoTenant): Promise<number> {
  const { name, apiKey, temperature } = tenant
  const prompt = tenant.prompts.next().value
  const { answerTokens: tokensMax } = settings
  const call = { url, model, prompt, temperature, seed: 1, apiKey, arm: 'auto', tokensMax, signal } as const
  const { text, completionTokens } = await complete(call, () => undefined)
  story.answering(name, textOf(prompt))(text)
  return completionTokens
}

async function storedTokens(store: ObjectStore, tenantId: string): Promise<number> {
  let sum = 0
  for await (const { tokens } of listSegments(store, tenantId)) sum += tokens
  return sum
}
