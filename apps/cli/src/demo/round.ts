import { complete } from './completion.ts'
import type { Stage } from './stage.ts'
import { type DemoTenant, textOf } from './tenants.ts'
import { isTwinsWay, orderOf, WAY_NAMES, type Way } from './ways.ts'

/**
 * Sends new prompts of every tenant, each in every way that the tenant has, one request at a time: on a shared machine
 * two requests at once would measure each other. Tenants take turns, as they would in service.
 *
 * @throws with the first request that fails.
 */
export async function measureRound(
  stage: Stage,
  round: number,
  waysOf: (tenant: DemoTenant) => readonly Way[],
): Promise<void> {
  const { tenants, settings, story } = stage
  for (let at = 0; at < settings.prompts; at++) {
    for (const tenant of tenants) {
      const turn = round * settings.prompts + at
      await measurePrompt(stage, tenant, { round, turn, ways: waysOf(tenant) })
    }
  }
  story.ended(round)
}

interface Turn {
  readonly round: number
  readonly turn: number
  readonly ways: readonly Way[]
}

async function measurePrompt(stage: Stage, tenant: DemoTenant, { round, turn, ways }: Turn) {
  const { url, model, signal, settings, story } = stage
  const prompt = tenant.prompts.next().value
  const { name, temperature } = tenant
  const text = textOf(prompt)
  const ask = (way: Way, onText: (text: string) => void, tokensMax = settings.answerTokens) => {
    const apiKey = isTwinsWay(way) ? tenant.twinApiKey : tenant.apiKey
    return complete({ url, model, prompt, temperature, seed: turn, apiKey, arm: way, tokensMax, signal }, onText)
  }
  // The first of several is slower whatever it does (seen: 2 to 9 %), so the first is none of those that count.
  await ask('none', () => undefined, 1)
  for (const way of orderOf(ways, turn)) {
    signal.throwIfAborted()
    const place = `prompt ${(turn % settings.prompts) + 1} of ${settings.prompts}`
    story.scene = `round ${round + 1}, ${place}, ${name}: ${WAY_NAMES[way]}`
    const completion = await ask(way, story.answering(name, text))
    story.answered({ tenant: name, round, prompt: text, way, completion })
  }
}
