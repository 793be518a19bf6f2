import { measureRound } from './round.ts'
import type { Stage } from './stage.ts'
import { teach, withdrawnReason } from './teach.ts'
import type { DemoTenant } from './tenants.ts'
import { sendTraffic } from './traffic.ts'
import type { Way } from './ways.ts'

/**
 * Before: a round in which nobody knows the tenants, their daily use of the platform, and a round in which the suffix
 * index knows it. Then their drafts are taught, one after the other, with a round whenever one is live; a gate that
 * measured beside all that traffic would judge the neighbours. After: rounds in which every draft is there that the
 * gate let pass, and nothing trains beside them.
 *
 * @returns the first round of those after.
 */
export async function play(stage: Stage): Promise<number> {
  const { tenants, settings, story, teachable } = stage
  const lessons = new Lessons()
  let rounds = 0
  const measure = async () => {
    await measureRound(stage, rounds++, (tenant) => waysOf(stage, tenant))
    for (const tenant of tenants) await lookAfter(stage, tenant)
  }

  if (!teachable) for (const { name } of tenants) story.learned(name, { stage: 'impossible' })
  await measure()
  for (const tenant of tenants) await sendTraffic(stage, tenant)
  await measure()
  if (teachable) for (const tenant of tenants) lessons.start(teach(stage, tenant))
  while (lessons.open) {
    story.scene = 'the trainer has the machine to itself'
    const before = liveCount(stage)
    await lessons.oneEnded()
    if (lessons.open && liveCount(stage) > before) await lessons.during(measure())
  }
  const first = rounds
  while (rounds < first + settings.rounds) await measure()
  return first
}

/** What goes on beside the requests. One that fails ends the demo, whatever is going on then. */
class Lessons {
  private readonly running = new Set<Promise<void>>()

  get open(): boolean {
    return this.running.size > 0
  }

  start(lesson: Promise<void>): void {
    const kept = lesson.then(() => void this.running.delete(kept))
    // Whoever waits next hears of it; until then it is not unhandled.
    kept.catch(() => undefined)
    this.running.add(kept)
  }

  async oneEnded(): Promise<void> {
    await Promise.race(this.running)
  }

  async during(work: Promise<void>): Promise<void> {
    const failure = new Promise<never>((_, reject) => {
      for (const lesson of this.running) lesson.catch(reject)
    })
    await Promise.race([work, failure])
  }
}

const isLive = ({ story }: Stage, { name }: DemoTenant) => story.learnings.get(name)?.stage === 'live'
const liveCount = (stage: Stage) => stage.tenants.filter((tenant) => isLive(stage, tenant)).length

function waysOf(stage: Stage, tenant: DemoTenant): Way[] {
  if (!stage.teachable) return ['none', 'auto']
  return isLive(stage, tenant) ? ['none', 'static', 'adaptive', 'auto'] : ['none', 'static', 'auto']
}

/** A worker may find a draft wanting in service; then its tenant is served without it. */
async function lookAfter(stage: Stage, tenant: DemoTenant): Promise<void> {
  const learning = stage.story.learnings.get(tenant.name)
  if (learning?.stage !== 'live') return
  const reason = await withdrawnReason(stage, tenant, learning)
  if (reason !== null) stage.story.learned(tenant.name, { ...learning, stage: 'withdrawn', reason })
}
