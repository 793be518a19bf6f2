import { type Random, seeded } from '../random.ts'
import { Zipf } from '../zipf.ts'
import { drawKind, drawTraffic, type Kind, type Traffic } from './gains.ts'

export interface WorldSettings {
  readonly seed: number
  readonly tenants: number
  readonly days: number
  /** Of all tenants, on an average day. */
  readonly requestsPerDay: number
  readonly templatedShare: number
  /** Between two changes of a tenant's traffic, on average. */
  readonly driftDays: number
  /** Of tenants there at first, and of all until they leave, on average. */
  readonly presentShare: number
  readonly stayDays: number
  /** Machines that serve; each fails once in so many days, and has forgotten what it held. */
  readonly workers: number
  readonly failureDays: number
}

/** All assumed but for Zipf's law, which traffic of many services follows (Breslau et al., INFOCOM 1999). */
export const WORLD: WorldSettings = {
  seed: 1,
  tenants: 100_000,
  days: 21,
  requestsPerDay: 20_000_000,
  templatedShare: 0.5,
  driftDays: 45,
  presentShare: 0.8,
  stayDays: 180,
  workers: 100,
  failureDays: 30,
}

/** Time of an engine for a token with the static draft. */
export const MS_PER_TOKEN = 3

/** A tenant as it really is. */
export interface Truth {
  readonly kind: Kind
  traffic: Traffic
  requestsPerDay: number
  readonly tokensPerRequest: number
  readonly arrivesAt: number
  readonly leavesAt: number
  /** Hour of its next drift. */
  driftsAt: number
  readonly zone: number
  readonly worker: number
}

/** Tenants and what they send, hour by hour: the same for every strategy, since nothing that is decided changes it. */
export class World {
  readonly truths: readonly Truth[]
  private readonly random: Random

  constructor(readonly settings: WorldSettings) {
    const random = seeded(settings.seed)
    const zipf = new Zipf(settings.tenants)
    const hours = 24 * settings.days
    const ranks = shuffled(settings.tenants, random)
    this.truths = Array.from(ranks, (rank): Truth => {
      const kind = drawKind(random, settings.templatedShare)
      const arrivesAt = random.uniform() < settings.presentShare ? 0 : Math.floor(hours * random.uniform())
      return {
        kind,
        traffic: drawTraffic(kind, random),
        requestsPerDay: settings.requestsPerDay * zipf.share(rank),
        tokensPerRequest: Math.min(400, Math.max(20, 100 * random.lognormal(0.6))),
        arrivesAt,
        leavesAt: arrivesAt + random.exponential(24 * settings.stayDays),
        driftsAt: Math.ceil(arrivesAt + random.exponential(24 * settings.driftDays)),
        zone: 24 * random.uniform(),
        worker: Math.floor(settings.workers * random.uniform()),
      }
    })
    this.random = seeded(settings.seed + 1)
  }

  /** Time that the target takes on an average day of who is there at first. */
  get targetMsPerDay(): number {
    const present = this.truths.filter(({ arrivesAt }) => arrivesAt === 0)
    return present.reduce((sum, each) => sum + each.requestsPerDay * each.tokensPerRequest * MS_PER_TOKEN, 0)
  }

  /** Requests of the tenant in this hour. Ask for every tenant in turn, hour by hour. */
  requests(truth: Truth, hour: number): number {
    return this.random.poisson((truth.requestsPerDay / 24) * daylight(hour - truth.zone))
  }

  /** True where its traffic becomes another now. Each week its volume changes a little too. */
  drifts(truth: Truth, hour: number): boolean {
    if (hour % WEEK === 0 && hour > 0) truth.requestsPerDay *= this.random.lognormal(0.2)
    if (hour < truth.driftsAt) return false
    truth.traffic = drawTraffic(truth.kind, this.random)
    truth.driftsAt = hour + Math.max(1, Math.ceil(this.random.exponential(24 * this.settings.driftDays)))
    return true
  }

  /** Which workers fail in this hour. */
  failures(): ReadonlySet<number> {
    const { workers, failureDays } = this.settings
    const failed = this.random.poisson(workers / (24 * failureDays))
    return new Set(Array.from({ length: failed }, () => Math.floor(workers * this.random.uniform())))
  }
}

const WEEK = 7 * 24

/** Popularity must not go with the order that tenants are given in (Fisher and Yates). */
function shuffled(count: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, at) => at)
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random.uniform() * (last + 1))
    const held = order[last] ?? 0
    order[last] = order[other] ?? 0
    order[other] = held
  }
  return order
}

/** By day there is nine times as much as by night; on average 1. */
function daylight(hour: number): number {
  return 1 + 0.8 * Math.sin((2 * Math.PI * hour) / 24)
}
