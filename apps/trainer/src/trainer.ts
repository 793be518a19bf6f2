import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { claimTrainingRun, type Database, releaseTrainingRun, type ServedTarget, type TrainingRun } from '@foretoken/db'
import type { ObjectStore } from '@foretoken/storage'
import type { Logger } from '@foretoken/telemetry'
import { Loop, type LoopTimes } from './loop.ts'
import { type Adapt, executeRun } from './run/execute.ts'
import { LeaseLost } from './run/heartbeat.ts'

export interface TrainerParts {
  readonly db: Database
  readonly store: ObjectStore
  readonly adapt: Adapt
  /** What it trains for, as it is now; null while nobody serves it. */
  readonly target: () => Promise<ServedTarget | null>
  readonly logger: Logger
  readonly tokensMax: number
  readonly times?: Partial<LoopTimes & { leaseMs: number }>
}

const TIMES = { pollMs: 5_000, retryMs: 5_000, leaseMs: 60_000 }
const ATTEMPTS_MAX = 3

/** Starts the loop. Nothing here listens: the caller wakes it. */
export function startTrainer(parts: TrainerParts): Loop {
  const times = { ...TIMES, ...parts.times }
  const { db, logger } = parts
  // Another one at each start: who comes after a killed trainer on the same machine is not that trainer.
  const trainer = `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`
  const claim = { trainer, leaseMs: times.leaseMs, attemptsMax: ATTEMPTS_MAX }
  // Several beats fit into a lease, and people who wait see it move.
  const context = { ...parts, beatMs: Math.min(times.leaseMs / 4, 1_000) }
  const loop = new Loop(
    {
      next: async (signal) => {
        const target = await parts.target()
        const run = target && (await claimTrainingRun(db, { ...claim, targetId: target.id }))
        if (!run) return false
        logger.info({ runId: run.id, tenantId: run.tenantId, trigger: run.trigger }, 'training run claimed')
        try {
          await executeRun({ ...context, target }, run, signal)
        } catch (error) {
          if (signal.aborted) await giveBack(db, run)
          if (!(error instanceof LeaseLost)) throw error
          logger.warn({ runId: run.id, tenantId: run.tenantId }, error.message)
        }
        return true
      },
    },
    logger,
    times,
  )
  loop.start()
  return loop
}

/** Told to stop, the run goes back at once. Otherwise its lease runs out, which also paces the attempts. */
function giveBack(db: Database, { id, trainer, attempts }: TrainingRun): Promise<void> {
  return releaseTrainingRun(db, { runId: id, trainer: trainer ?? '', attempt: attempts })
}
