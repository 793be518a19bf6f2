import type { Schedulable } from './schedulable.ts'
import { Scheduler } from './scheduler.ts'
import { TOKEN_PRICES } from './service.ts'

const BUCKET = 64

export interface SimulatedRequest {
  readonly tenant: string
  readonly arrivesAt: number
  readonly prompt: number
  /** Of the prompt: charged when it starts, and given back when its first step finds it cached. */
  readonly cached?: number
  readonly completion: number
  readonly slots?: number
}

/** One request in a world without a model. */
export class Work implements Schedulable {
  rows: number
  constructor(
    readonly request: SimulatedRequest,
    readonly arrival: number,
    readonly weight: number,
  ) {
    this.rows = request.prompt
  }

  get tenant(): string {
    return this.request.tenant
  }

  get slots(): number {
    return this.request.slots ?? 1
  }

  get rowsMax(): number {
    return this.request.prompt + this.request.completion
  }
}

export interface Step {
  readonly at: number
  readonly running: readonly Work[]
  readonly waiting: readonly Work[]
  /** Priced tokens ÷ weight that each tenant had so far. */
  readonly served: ReadonlyMap<string, number>
}

export interface World {
  readonly sequencesMax: number
  /** Rows of all slots together, each in whole buckets. */
  readonly rowsMax?: number
  readonly weights?: Readonly<Record<string, number>>
  /** Sees each step when it is scheduled. */
  readonly watch?: (step: Step) => void
}

export function bucketRows(running: readonly Work[]): number {
  const slots = running.reduce((sum, work) => sum + work.slots, 0)
  return slots * Math.ceil(Math.max(0, ...running.map(({ rows }) => rows)) / BUCKET) * BUCKET
}

/** Plays an engine until all that was asked has ended: whoever has slots gets one token in each of them a step. */
export function play(
  requests: readonly SimulatedRequest[],
  { sequencesMax, rowsMax = Number.POSITIVE_INFINITY, weights, watch }: World,
) {
  const unbounded = { waitingMax: Number.POSITIVE_INFINITY, waitingPerTenantMax: Number.POSITIVE_INFINITY }
  const fits = (slots: number, rows: number) => slots * Math.ceil(rows / BUCKET) * BUCKET <= rowsMax
  const scheduler = new Scheduler<Work, Work>({ ...unbounded, sequencesMax, fits })
  const works = requests
    .toSorted((one, other) => one.arrivesAt - other.arrivesAt)
    .map((request, arrival) => new Work(request, arrival, weights?.[request.tenant] ?? 1))
  const running: Work[] = []
  const started = new Set<Work>()
  const lookedUp = new Set<Work>()
  const ended: Work[] = []
  const served = new Map<string, number>()
  let preemptions = 0
  const charge = (work: Work, input: number, output: number) => {
    scheduler.charge(work, { input, output })
    const price = (input * TOKEN_PRICES.input + output * TOKEN_PRICES.output) / work.weight
    served.set(work.tenant, (served.get(work.tenant) ?? 0) + price)
  }
  for (let at = 0; ended.length < works.length; at++) {
    if (at > STEPS_MAX) throw new Error('somebody never ends')
    for (const work of works) if (work.request.arrivesAt === at) scheduler.enter(work)
    for (let move = scheduler.next(running); move.kind !== 'none'; move = scheduler.next(running)) {
      if (move.kind === 'preempt') {
        running.splice(running.indexOf(move.running), 1)
        scheduler.requeue(move.running)
        preemptions++
      } else {
        running.push(move.waiting)
        if (!started.has(move.waiting)) charge(move.waiting, move.waiting.request.prompt, 0)
        started.add(move.waiting)
      }
    }
    watch?.({ at, running, waiting: [...scheduler.waiting], served })
    for (const work of [...running]) {
      if (!lookedUp.has(work)) charge(work, -(work.request.cached ?? 0), 0)
      lookedUp.add(work)
      work.rows++
      charge(work, 0, work.slots)
      if (work.rows < work.rowsMax) continue
      running.splice(running.indexOf(work), 1)
      scheduler.leave(work)
      ended.push(work)
    }
  }
  return { started: [...started], ended, preemptions }
}

const STEPS_MAX = 100_000
