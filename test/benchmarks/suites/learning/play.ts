import { type AblationRow, ablate } from './ablation/ablation.ts'
import { costTable, measureStepCosts, type StepCosts } from './ablation/costs.ts'
import { type AdversaryResult, playAdversaries } from './adversaries.ts'
import type { Workload } from './corpus.ts'
import { type FullStaticResult, playFullStatic } from './full-static.ts'
import { type OpenQuestionsResult, playOpenQuestions } from './open-questions.ts'
import { SHIFT } from './settings.ts'
import { playShift, type ShiftResult } from './shift.ts'
import { adapterOf, playTenant, type TenantResult, type Traffic, trafficOf } from './tenant.ts'
import { playWhileTraining, type WhileTrainingResult } from './while-training/while-training.ts'
import type { World } from './world.ts'

export interface LearningResult {
  readonly tenants: readonly TenantResult[]
  /** The static draft alone, on questions of a kind that it was trained on; null where there are none. */
  readonly openQuestions: OpenQuestionsResult | null
  /** Null where there are no two tenants that the static draft never saw. */
  readonly shift: ShiftResult | null
  readonly fullStatic: readonly FullStaticResult[]
  readonly adversaries: readonly AdversaryResult[]
  /** Null, as what follows is empty, where only tenants' lives are played. */
  readonly whileTraining: WhileTrainingResult | null
  readonly costs: StepCosts | null
  readonly ablation: readonly AblationRow[]
}

/** All parts in turn. Each is kept as it is finished. */
export async function playAll(world: World, workloads: readonly Workload[]): Promise<LearningResult> {
  const { parts } = world
  const tenants: TenantResult[] = []
  const traffics = new Map<string, Traffic>()
  for (const workload of workloads) {
    tenants.push(await playTenant(world, workload))
    traffics.set(workload.domain, await trafficOf(world, workload))
  }
  const { openQuestions: asked } = world.settings
  const openQuestions = asked > 0 ? await parts.json('open-questions', () => playOpenQuestions(world, asked)) : null
  const lives = { tenants, openQuestions }
  if (!world.settings.extras) return { ...lives, ...NO_EXTRAS }
  return { ...lives, ...(await playExtras(world, workloads, traffics)) }
}

type Extras = Omit<LearningResult, 'tenants' | 'openQuestions'>

const NO_EXTRAS: Extras = {
  shift: null,
  fullStatic: [],
  adversaries: [],
  whileTraining: null,
  costs: null,
  ablation: [],
}

async function playExtras(
  world: World,
  workloads: readonly Workload[],
  traffics: ReadonlyMap<string, Traffic>,
): Promise<Extras> {
  const { parts, log } = world
  const shifting = shiftOf(workloads, traffics)
  const shift = shifting ? await parts.json('shift', () => playShift(world, shifting)) : null
  const stale = shifting?.from ?? first(traffics)
  const adapter = await adapterOf(world, stale.domain, stale.traffic)
  const adversaries = await parts.json('adversaries', () => playAdversaries(world, adapter, traffics))
  const { domain, traffic } = stale
  const whileTraining = await parts.json('while-training', () => playWhileTraining(world, domain, adapter, traffic))
  log(`serving while a tenant is trained: ${whileTraining.goodput.toFixed(3)} of the goodput without`)
  const costs = await parts.json('costs', () => measureStepCosts(world, adapter))
  const ablation: AblationRow[] = []
  for (const [domain, traffic] of traffics) {
    const own = await adapterOf(world, domain, traffic)
    ablation.push(
      ...(await parts.json(`${domain}/ablation`, () => ablate(world, domain, traffic, own, costTable(costs)))),
    )
  }
  log('controller: compared with fixed and averaged lookaheads')
  const fullStatic = await parts.json('full-static', () => playFullStatic(world, traffics))
  return { shift, fullStatic, adversaries, whileTraining, costs, ablation }
}

/** From SHIFT's first domain to its second; where there are others, between the first two that nobody trained on. */
function shiftOf(workloads: readonly Workload[], traffics: ReadonlyMap<string, Traffic>) {
  const unseen = workloads.flatMap(({ domain, seen }) => (seen ? [] : [domain]))
  const [from, to] = SHIFT.every((domain) => unseen.includes(domain)) ? SHIFT : unseen
  const [old, next] = [traffics.get(from ?? ''), traffics.get(to ?? '')]
  if (!from || !to || !old || !next) return undefined
  return { from: { domain: from, traffic: old }, to: { domain: to, traffic: next } }
}

function first(traffics: ReadonlyMap<string, Traffic>): { domain: string; traffic: Traffic } {
  for (const [domain, traffic] of traffics) return { domain, traffic }
  throw new Error('a corpus has at least one tenant')
}
