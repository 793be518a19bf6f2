import type { Parameters } from '@foretoken/drafting'
import {
  decodeSafetensors,
  encodeSafetensors,
  fromFloat32,
  type ObjectStore,
  type SafeTensor,
  SafetensorsError,
  toFloat32,
} from '@foretoken/storage'
import { z } from 'zod'
import type { TrainingState } from '../train/training-run.ts'
import type { LossCurveState } from './loss-curve.ts'

/** What a run's weights are a function of, by name. Threads are not in it: they only change the order of sums. */
export type TrainingIdentity = Readonly<Record<string, string>>

/** Enough to go on as if the run had not been killed. */
export interface TrainingCheckpoint {
  readonly state: TrainingState
  readonly curve: LossCurveState
}

/** There is a checkpoint of another run: going on with it would give weights that nobody asked for. */
export class CheckpointMismatch extends Error {
  override readonly name = 'CheckpointMismatch'

  /** @param differs what is not the same: names of the identity */
  constructor(
    readonly step: number,
    readonly differs: readonly string[],
  ) {
    super(`a run of another ${differs.join(', ')} was interrupted here after step ${step}`)
  }
}

export async function writeCheckpoint(
  store: ObjectStore,
  { state, curve }: TrainingCheckpoint,
  identity: TrainingIdentity,
  key = CHECKPOINT_KEY,
): Promise<void> {
  const tensors: Record<string, SafeTensor> = {}
  for (const kind of KINDS) {
    for (const [name, values] of state[kind]) tensors[`${kind}/${name}`] = fromFloat32(values, [values.length], 'F32')
  }
  const notes = { step: String(state.step), curve: JSON.stringify(curve), identity: JSON.stringify(identity) }
  await store.put(key, encodeSafetensors(tensors, notes))
}

/** Undefined where no run was interrupted. Throws CheckpointMismatch where another one was. */
export async function readCheckpoint(
  store: ObjectStore,
  identity: TrainingIdentity,
  key = CHECKPOINT_KEY,
): Promise<TrainingCheckpoint | undefined> {
  const bytes = await store.get(key)
  if (!bytes) return undefined
  const { tensors, metadata } = open(bytes)
  const notes = notesSchema.safeParse(metadata)
  if (!notes.success) throw new CheckpointMismatch(0, ['version'])
  const { step, curve } = notes.data
  const names = new Set([...Object.keys(identity), ...Object.keys(notes.data.identity)])
  const differs = [...names].filter((name) => identity[name] !== notes.data.identity[name])
  if (differs.length > 0) throw new CheckpointMismatch(step, differs)
  const read = (kind: (typeof KINDS)[number]): Parameters => {
    const own = [...tensors].filter(([name]) => name.startsWith(`${kind}/`))
    return new Map(own.map(([name, tensor]) => [name.slice(kind.length + 1), toFloat32(tensor)]))
  }
  return {
    state: { step, parameters: read('parameters'), moment1: read('moment1'), moment2: read('moment2') },
    curve,
  }
}

/** For a run that has ended, or is not to be gone on with. */
export async function dropCheckpoint(store: ObjectStore, key = CHECKPOINT_KEY): Promise<void> {
  await store.delete(key)
}

export const CHECKPOINT_KEY = 'checkpoint.safetensors'
const KINDS = ['parameters', 'moment1', 'moment2'] as const

const json = <T>(schema: z.ZodType<T>) =>
  z.string().transform((text, ctx): T => {
    const parsed = schema.safeParse(parseJson(text))
    if (parsed.success) return parsed.data
    ctx.addIssue('is not understood')
    return z.NEVER
  })

const notesSchema = z.object({
  step: z.coerce.number().int(),
  curve: json(
    z.object({ points: z.array(z.tuple([z.number(), z.number()])).readonly(), sum: z.number(), count: z.int() }),
  ),
  identity: json(z.record(z.string(), z.string())),
})

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A file that is none is a checkpoint of nothing that could be gone on with. */
function open(bytes: Uint8Array) {
  try {
    return decodeSafetensors(bytes)
  } catch (error) {
    if (error instanceof SafetensorsError) throw new CheckpointMismatch(0, ['version'])
    throw error
  }
}
