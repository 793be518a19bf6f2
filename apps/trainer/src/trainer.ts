import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import {
  claimJudgement,
  claimTrainingRun,
  type Database,
  releaseTrainingRun,
  type ServedTarget,
  type TrainingRun,
} from '@foretoken/db'
import type { ObjectStore } from '@foretoken/storage'
import type { Logger } from '@foretoken/telemetry'
import { executeJudgement, type Judge } from './judgement/execute.ts'
import { Loop, type LoopTimes } from './loop.ts'
import { type Adapt, type ExecuteContext, executeRun } from './run/execute.ts'
import { LeaseLost } from './run/heartbeat.ts'

export interface TrainerParts {
  readonly db: Database
  readonly store: ObjectStore
  readonly adapt: Adapt
  readonly judge: Judge
  /** What it trains for, as it is now; null while nobody serves it. */
  readonly target: () => Promise<ServedTarget | null>
  readonly logger: Logger
  readonly tokensMax: number
  readonly promotion: ExecuteContext['promotion']
  readonly times?: Partial<LoopTimes & { leaseMs: number }>
}

const TIMES = { pollMs: 5_000, retryMs: 5_000, leaseMs: 60_000 }
const ATTEMPTS_MAX = 3

/** Starts the loop. Nothing here listens: the caller wakes it. */
export function startTrainer(parts: TrainerParts): Loop {
  const times = { ...TIMES, ...parts.times }
  // Another one at each start: who comes after a killed trainer on the same machine is not that trainer.
  const trainer = `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`
  // Several beats fit into a lease, and people who wait see it move.
  const common = { ...parts, trainer, attemptsMax: ATTEMPTS_MAX, beatMs: Math.min(times.leaseMs / 4, 1_000) }
  const { leaseMs } = times
  const next = async (signal: AbortSignal) => {
    const target = await parts.target()
    if (!target) return false
    const context = { ...common, target }
    // A judgement takes seconds, and a draft that waits for one is trained already.
    return (await nextJudgement(context, leaseMs, signal)) || (await nextRun(context, leaseMs, signal))
  }
  const loop = new Loop({ next }, parts.logger, times)
  loop.start()
  return loop
}

type Context = ExecuteContext & Pick<TrainerParts, 'judge'> & { readonly trainer: string; readonly attemptsMax: number }

async function nextJudgement(context: Context, leaseMs: number, signal: AbortSignal): Promise<boolean> {
  const { db, trainer, target } = context
  const judgement = await claimJudgement(db, { trainer, targetId: target.id, leaseMs })
  if (!judgement) return false
  await unlessLost(context, () => executeJudgement(context, judgement, signal))
  return true
}

async function nextRun(context: Context, leaseMs: number, signal: AbortSignal): Promise<boolean> {
  const { db, logger, trainer, target, attemptsMax } = context
  const run = await claimTrainingRun(db, { trainer, targetId: target.id, leaseMs, attemptsMax })
  if (!run) return false
  logger.info({ runId: run.id, tenantId: run.tenantId, trigger: run.trigger }, 'training run claimed')
  await unlessLost(context, async () => {
    try {
      await executeRun(context, run, signal)
    } catch (error) {
      if (signal.aborted) await giveBack(db, run)
      throw error
    }
  })
  return true
}

/** What was lost is another's now: there is nothing to wait for. */
async function unlessLost({ logger }: Context, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error
    logger.warn(error.message)
  }
}

/** Told to stop, the run goes back at once. Otherwise its lease runs out, which also paces the attempts. */
function giveBack(db: Database, { id, trainer, attempts }: TrainingRun): Promise<void> {
  return releaseTrainingRun(db, { runId: id, trainer: trainer ?? '', attempt: attempts })
}
