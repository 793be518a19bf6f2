import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Trace } from '@foretoken/engine'
import { encodeSegment } from '@foretoken/learning'
import { median } from '../../../report.ts'
import type { Fitted } from '../adapters.ts'
import { tenantOf, WAYS } from '../arms.ts'
import { type Served, serve } from '../serve.ts'
import type { Traffic } from '../tenant.ts'
import type { World } from '../world.ts'

export interface WhileTrainingResult {
  readonly pairs: number
  /** Tokens per second of the same requests, served by an adapter while another is trained ÷ while nothing is. */
  readonly goodput: number
  /** The longest that any request took, in multiples of its own time without training. */
  readonly slowestRequest: number
}

/**
 * What serving loses while a tenant is trained on the same machine. A process of the trainer's priority fits an adapter
 * over and over; every request is served twice, with that process running and stopped (SIGSTOP), in turns. The adaptive
 * arm alone serves: it does not remember requests, so the second time is not the easier one.
 */
export async function playWhileTraining(
  world: World,
  domain: string,
  { bytes, ...measured }: Fitted,
  { first, later }: Traffic,
): Promise<WhileTrainingResult> {
  const way = WAYS.find(({ name }) => name === 'adaptive')
  if (!way) throw new Error('no such way')
  const tenant = `${domain} while training`
  const adapter = await world.draft.readAdapter({ id: 'adp_while_training', bytes })
  world.neural.adopt(tenantOf(tenant, way.name), adapter, measured)
  const trainer = await startTrainer(world, first)
  const served = { training: [] as Served[], alone: [] as Served[] }
  try {
    for (const [index, { prompt }] of later.slice(0, world.settings.measured).entries()) {
      const run = async (kind: keyof typeof served) => {
        trainer.kill(kind === 'training' ? 'SIGCONT' : 'SIGSTOP')
        served[kind].push(await serve(world, { domain: tenant, prompt: [...prompt], way }))
      }
      for (const kind of index % 2 === 0 ? (['training', 'alone'] as const) : (['alone', 'training'] as const)) {
        await run(kind)
      }
    }
  } finally {
    trainer.kill('SIGKILL')
  }
  const ratios = served.training.map(({ ms }, at) => (served.alone[at]?.ms ?? Number.NaN) / ms)
  return { pairs: ratios.length, goodput: median(ratios), slowestRequest: 1 / Math.min(...ratios) }
}

/** Resolves once it is at its steps. */
async function startTrainer({ model, target, artifact }: World, traces: readonly Trace[]) {
  const folder = await mkdtemp(join(tmpdir(), 'foretoken-while-training-'))
  const path = join(folder, 'traces.safetensors')
  await writeFile(
    path,
    encodeSegment(traces, { tenant: 'while training', target, hiddenSize: artifact.shape.hiddenSize }),
  )
  const trainer = fork(fileURLToPath(new URL('fitting.ts', import.meta.url)), [path, model.folder])
  const [ready] = await Promise.race([once(trainer, 'message'), once(trainer, 'exit')])
  await rm(folder, { recursive: true })
  if (ready !== 'fitting') throw new Error('the training process ended before it began')
  return trainer
}
