import type { ObjectStore } from '@foretoken/storage'
import { z } from 'zod'

const points = z.array(z.object({ batch: z.int(), length: z.int(), ms: z.number() }))
const format = z.enum(['fp32', 'int8', 'int4'])

const stateSchema = z.object({
  version: z.literal(1),
  /** Of the budget, in this call and those before. */
  spentMs: z.number().min(0),
  /** By precision of the target's weights. */
  target: z.partialRecord(format, points),
  /** Traces by domain, once there are enough: others may be answered later, by others. */
  answered: z.record(z.string(), z.int()).nullable(),
  /** By shape: what chains take, by precision of the draft, and a step of training. */
  drafts: z.record(z.string(), z.object({ int8: points, fp32: points, msPerStep: z.number() })).nullable(),
  steps: z.int().nullable(),
  judged: z.array(
    z.object({
      ...{ candidate: z.string(), step: z.int(), goodput: z.number() },
      ...{ lookahead: z.int(), acceptanceLength: z.number(), speedUps: z.partialRecord(format, z.number()) },
    }),
  ),
  /** What came of it, as whoever asked for it keeps it; null until then. */
  result: z.unknown(),
})

/** How far a bring-up has come: with the checkpoints beside it, all that a killed one needs to go on. */
export type BringUpState = z.infer<typeof stateSchema>
export type CandidateJudgement = BringUpState['judged'][number]

const NEW: BringUpState = {
  version: 1,
  spentMs: 0,
  target: {},
  answered: null,
  drafts: null,
  steps: null,
  judged: [],
  result: null,
}

/** A state in an object store, and the time that goes by on the way. */
export class BringUpProgressStore {
  private constructor(
    private readonly store: ObjectStore,
    private readonly key: string,
    private readonly clock: () => number,
    private state: BringUpState,
    private since: number,
  ) {}

  /** A state that is not understood is that of another version, which can't be gone on with. */
  static async open(store: ObjectStore, key: string, clock: () => number): Promise<BringUpProgressStore> {
    const bytes = await store.get(key)
    const parsed = stateSchema.safeParse(parseJson(bytes))
    return new BringUpProgressStore(store, key, clock, parsed.success ? parsed.data : NEW, clock())
  }

  get current(): BringUpState {
    return this.state
  }

  get spentMs(): number {
    return this.state.spentMs + this.clock() - this.since
  }

  async save(changes: Partial<BringUpState> = {}): Promise<void> {
    this.state = { ...this.state, ...changes, spentMs: this.spentMs }
    this.since = this.clock()
    await this.store.put(this.key, new TextEncoder().encode(`${JSON.stringify(this.state)}\n`))
  }
}

function parseJson(bytes: Uint8Array | undefined): unknown {
  try {
    return bytes && JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}
