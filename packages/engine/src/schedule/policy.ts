import type { Limits, Schedulable } from './schedulable.ts'
import { TOKEN_PRICES, type VirtualService } from './service.ts'

type Service = Pick<VirtualService, 'of'>

/**
 * Rows that everybody must have left to grow when somebody joins. What is still to come is not reserved: most
 * completions end early, and who does not find room later is computed anew.
 */
export const HEADROOM_ROWS = 64

export type Blocker = 'slots' | 'memory'

/** What keeps one from joining those that run; undefined when nothing does. */
export function blocker(joining: Schedulable, running: readonly Schedulable[], limits: Limits): Blocker | undefined {
  const slots = slotsOf(running) + joining.slots
  if (slots > limits.sequencesMax) return 'slots'
  const rows = Math.max(...[joining, ...running].map((each) => Math.min(each.rows + HEADROOM_ROWS, each.rowsMax)))
  return limits.fits(slots, rows) ? undefined : 'memory'
}

/** Whether the next step of all that run stays within the memory budget. */
export function hasRoom(running: readonly Schedulable[], limits: Limits): boolean {
  return running.length < 2 || limits.fits(slotsOf(running), Math.max(...running.map(({ rows }) => rows)))
}

/**
 * Who makes room when memory runs out: the youngest of the tenant that was served most. Never the oldest of all, which
 * therefore ends, then the next one, and so on: everybody ends.
 */
export function evictee<Running extends Schedulable>(
  running: readonly Running[],
  service: Service,
): Running | undefined {
  const oldest = oldestOf(running)
  return running.reduce<Running | undefined>((worst, each) => {
    if (each === oldest) return worst
    if (!worst) return each
    const lead = service.of(each.tenant) - service.of(worst.tenant)
    return lead > 0 || (lead === 0 && each.arrival > worst.arrival) ? each : worst
  }, undefined)
}

/**
 * Who yields to the one whose turn it is while others hold what it needs: the youngest of a tenant that keeps at least
 * as large a share of the slots as the other's tenant then has, and that was served more by what computing its sequence
 * anew costs. So the other is still first in line when it yields, two tenants never take turns at evicting each other,
 * and at most as much is computed twice as was unfairly had.
 */
export function yielder<Running extends Schedulable>(
  joining: Schedulable,
  running: readonly Running[],
  service: Service,
  limits: Limits,
): Running | undefined {
  const shareOf = (tenant: string) => slotsOf(running.filter((each) => each.tenant === tenant))
  const share = (shareOf(joining.tenant) + joining.slots) / joining.weight
  const candidates = running.filter((each) => {
    const rest = (shareOf(each.tenant) - each.slots) / each.weight
    const lead = service.of(each.tenant) - service.of(joining.tenant)
    if (each.tenant === joining.tenant || rest < share || lead <= (each.rows * TOKEN_PRICES.input) / each.weight)
      return false
    return !blocker(
      joining,
      running.filter((other) => other !== each),
      limits,
    )
  })
  return candidates.reduce<Running | undefined>((youngest, each) => {
    return !youngest || each.arrival > youngest.arrival ? each : youngest
  }, undefined)
}

/** A sequence whose prompt is being cached. */
export interface Prefilling {
  readonly rowsLeft: number
  /** How often others went first since it had its last chunk. */
  readonly passedOver: number
}

/** Whose chunk is next: the one that is done soonest, but nobody is passed over again and again. */
export function nextPrefill<Each extends Prefilling>(prefilling: readonly Each[]): Each | undefined {
  const urgency = ({ rowsLeft, passedOver }: Prefilling) => (passedOver >= PASSED_OVER_MAX ? -passedOver : rowsLeft)
  return prefilling.reduce<Each | undefined>((best, each) => {
    return !best || urgency(each) < urgency(best) ? each : best
  }, undefined)
}

const PASSED_OVER_MAX = 4

function slotsOf(all: readonly Schedulable[]): number {
  return all.reduce((sum, { slots }) => sum + slots, 0)
}

function oldestOf<Each extends Schedulable>(all: readonly Each[]): Each | undefined {
  return all.reduce<Each | undefined>((oldest, each) => {
    return !oldest || each.arrival < oldest.arrival ? each : oldest
  }, undefined)
}
