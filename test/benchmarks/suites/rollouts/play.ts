import type { AdapterValues } from '@foretoken/drafting'
import type { Trace } from '@foretoken/engine'
import { seededRandom, splitTraces } from '@foretoken/learning/training'
import type { Parts } from '../learning/parts.ts'
import { type Prompt, promptSet, rolloutsOf } from './collect.ts'
import { type Drafts, type Figures, figuresOf, learned } from './drafts.ts'
import type { Policy } from './policy/policy.ts'
import { advantages, type Rollout, rewardOf } from './reward.ts'
import type { Settings } from './settings.ts'

/** What becomes of a draft when its target is updated: dropped, kept as it is, trained on from the last, trained anew. */
export const ARMS = ['static', 'kept', 'retrained', 'anew'] as const
export type RolloutArm = (typeof ARMS)[number]

/** On prompts that come again, whose earlier answers were learned from, and on those that nothing was learned from. */
export interface ArmFigures {
  readonly again: Figures
  readonly unseen: Figures
}

export interface UpdateResult {
  readonly update: number
  readonly rollouts: number
  readonly tokens: number
  readonly reward: number
  /** Of the policy from the first one, estimated on its own rollouts: nats a token. */
  readonly divergence: number
  /** Of the adapters that were trained for this update; none for the first, which only has the static draft. */
  readonly arms: Partial<Readonly<Record<RolloutArm, ArmFigures>>>
  readonly trainingSeconds: Partial<Readonly<Record<RolloutArm, number>>>
}

export interface World {
  readonly settings: Settings
  readonly parts: Parts
  readonly drafts: Drafts
  readonly policy: Policy
  /** Where each update's target is written. */
  readonly folder: string
  log(line: string): void
}

/**
 * Plays updates of a policy. What an update's rollouts are drafted with was learned from the rollouts of the one before:
 * by then there are no others of a target so near.
 */
export async function playUpdates(world: World): Promise<UpdateResult[]> {
  const { settings, parts, drafts, log } = world
  const prompts = promptSet(settings)
  const results: UpdateResult[] = []
  let adapters: Partial<Record<RolloutArm, AdapterValues>> = {}
  let before: readonly Rollout[] = []
  let unseen = new Set<string>()
  for (let update = 0; update <= settings.updates; update++) {
    const lessons = update === 0 ? { adapters, seconds: {} } : await learn(world, update, before, adapters)
    adapters = lessons.adapters
    const { rollouts, reward, divergence } = await nextPolicy(world, update, before, prompts)
    if (update === 0) unseen = new Set(splitTraces(rollouts.map(({ trace }) => trace)).heldOut.map(promptKey))
    const arms = await parts.json(`figures/${update}`, () => judge(drafts, rollouts, adapters, unseen))
    const traces = rollouts.map(({ trace }) => trace)
    const tokens = traces.reduce((sum, trace) => sum + trace.tokens.length, 0)
    results.push({
      ...{ update, rollouts: rollouts.length, tokens, reward, divergence, arms },
      trainingSeconds: lessons.seconds,
    })
    const told = ARMS.flatMap((arm) => {
      const figures = arms[arm]?.again
      return figures ? [`${arm} ${figures.acceptanceLength.toFixed(2)}`] : []
    })
    log(`update ${update}: reward ${reward.toFixed(2)}, ${divergence.toFixed(3)} nats off; ${told.join(', ')}`)
    before = rollouts
  }
  return results
}

/** The policy after one more update, and what it answers. */
async function nextPolicy(world: World, update: number, before: readonly Rollout[], prompts: readonly Prompt[]) {
  const { settings, parts, policy, folder } = world
  const saved = await parts.bytes(`policies/${update}.safetensors`, async () => {
    if (update > 0) await ascend(policy, update, before, settings)
    return policy.saved()
  })
  policy.restore(saved)
  await policy.write(folder)
  const rollouts = await rolloutsOf(folder, update, prompts, settings, parts)
  const traces = rollouts.map(({ trace }) => trace)
  const divergence = await parts.json(`divergence/${update}`, async () => {
    return (await policy.meanLogShare(traces)) - (await policy.meanLogShare(traces, 'first'))
  })
  const rewards = rollouts.map((rollout) => rewardOf(rollout, settings.completionTokensMax))
  return { rollouts, divergence, reward: rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length }
}

/** Steps over parts of what some prompts were answered, which prompts and in which order being the update's own. */
async function ascend(
  policy: Policy,
  update: number,
  before: readonly Rollout[],
  { completionTokensMax, policyPrompts, policySteps, learningRate }: Settings,
): Promise<void> {
  const random = seededRandom(update)
  const shuffled = <Item>(items: readonly Item[]) =>
    items
      .map((item) => ({ item, place: random.uniform() }))
      .sort((a, b) => a.place - b.place)
      .map(({ item }) => item)
  const chosen = new Set(shuffled([...new Set(before.map(({ trace }) => promptKey(trace)))]).slice(0, policyPrompts))
  const rollouts = before.filter(({ trace }) => chosen.has(promptKey(trace)))
  const weighted = shuffled(advantages(rollouts, completionTokensMax)).map((each) => {
    return { ...each, weight: each.weight * policySteps }
  })
  const size = Math.ceil(weighted.length / policySteps)
  for (let from = 0; from < weighted.length; from += size) {
    await policy.ascend(weighted.slice(from, from + size), learningRate)
  }
}

async function learn(
  { settings, parts, drafts }: World,
  update: number,
  before: readonly Rollout[],
  { kept, retrained }: Partial<Record<RolloutArm, AdapterValues>>,
) {
  const lesson = { traces: before.map(({ trace }) => trace), steps: settings.draftSteps }
  const anew = await learned(drafts, { key: `anew-${update}`, ...lesson }, parts)
  if (!kept || !retrained) {
    const { values, seconds } = anew
    return {
      adapters: { kept: values, retrained: values, anew: values },
      seconds: { retrained: seconds, anew: seconds },
    }
  }
  const next = await learned(drafts, { key: `retrained-${update}`, ...lesson, parent: retrained }, parts)
  return {
    adapters: { kept, retrained: next.values, anew: anew.values },
    seconds: { retrained: next.seconds, anew: anew.seconds },
  }
}

async function judge(
  drafts: Drafts,
  rollouts: readonly Rollout[],
  adapters: Partial<Record<RolloutArm, AdapterValues>>,
  unseen: ReadonlySet<string>,
): Promise<UpdateResult['arms']> {
  const traces = rollouts.map(({ trace }) => trace)
  const [fresh, again] = [true, false].map((is) => traces.filter((trace) => unseen.has(promptKey(trace)) === is))
  const arms: Partial<Record<RolloutArm, ArmFigures>> = {}
  for (const arm of ARMS) {
    const values = adapters[arm]
    if (arm !== 'static' && !values) continue
    arms[arm] = {
      again: await figuresOf(drafts, again ?? [], values),
      unseen: await figuresOf(drafts, fresh ?? [], values),
    }
  }
  return arms
}

const promptKey = ({ prompt }: Trace) => prompt.join()
