import type { TrainingRun } from '@foretoken/db'
import { createLogUpdate } from 'log-update'
import pc from 'picocolors'
import { log } from '../output.ts'
import { describeProgress } from './explain.ts'

export interface ProgressView {
  show(run: TrainingRun): void
  /** Leaves the terminal as results expect it. */
  done(): void
}

const BAR_WIDTH = 30

/** A bar that fills in where somebody looks at a terminal; else a line whenever the phase changes. */
export function progressView(tenant: string, json: boolean): ProgressView {
  if (!process.stderr.isTTY || json) return lines(tenant)
  const update = createLogUpdate(process.stderr)
  return {
    show: (run) => update(`${pc.cyan(tenant)} ${bar(run.progress ?? 0)} ${sentence(run, Date.now())}`),
    done: () => update.clear(),
  }
}

function lines(tenant: string): ProgressView {
  let last = ''
  return {
    show: (run) => {
      const phase = run.state === 'running' ? (run.phase ?? 'starting') : 'waits for a trainer'
      if (phase !== last) log(`${tenant}: ${phase}`)
      last = phase
    },
    done: () => undefined,
  }
}

function sentence(run: TrainingRun, nowMs: number): string {
  if (run.state !== 'running') return 'waits for a trainer'
  const leftMs = timeLeft(run, nowMs)
  return leftMs === null ? describeProgress(run) : `${describeProgress(run)}, ${Math.ceil(leftMs / 1_000)} s left`
}

/** From the pace so far; null while that says nothing. */
export function timeLeft({ startedAt, progress }: Pick<TrainingRun, 'startedAt' | 'progress'>, nowMs: number) {
  if (startedAt === null || progress === null || progress < 0.02) return null
  return Math.max(0, ((nowMs - startedAt.getTime()) / progress) * (1 - progress))
}

/** @param progress from 0 to 1 */
export function bar(progress: number, width = BAR_WIDTH): string {
  const filled = Math.round(Math.min(1, Math.max(0, progress)) * width)
  return `${'█'.repeat(filled)}${pc.dim('░'.repeat(width - filled))}`
}
