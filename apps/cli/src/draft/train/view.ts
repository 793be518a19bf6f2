import { createLogUpdate } from 'log-update'
import pc from 'picocolors'
import { log } from '../../output.ts'
import { bar } from '../progress.ts'
import { PaceMeter } from './pace.ts'

export interface TrainStatus {
  readonly phase: 'generate' | 'train' | 'evaluate' | 'answer' | 'measure' | 'judge'
  /** Of several things that a phase is about. */
  readonly what?: string
  readonly done: number
  readonly total: number
  /** Whether it may end before all are done, so that there is no saying how long it takes. */
  readonly open?: boolean
  readonly tokens?: number
  readonly answers?: number
  readonly loss?: number
}

export interface TrainView {
  show(status: TrainStatus): void
  /** How far it got, as the end of a sentence. */
  reached(): string
  /** Leaves the terminal as results expect it. */
  done(): void
}

/** A bar with rate and time left where somebody looks at a terminal; else a line now and then. */
export function trainView(json: boolean, clock: () => number = () => performance.now()): TrainView {
  const live = process.stderr.isTTY && !json
  const update = live ? createLogUpdate(process.stderr) : undefined
  let meter = new PaceMeter()
  let last: TrainStatus | undefined
  let shownMs = Number.NEGATIVE_INFINITY
  return {
    show: (status) => {
      const now = clock()
      const begins = status.phase !== last?.phase || status.what !== last.what
      if (begins) meter = new PaceMeter()
      last = status
      const pace = meter.observe(now, status.done, status.total)
      if (!begins && status.done < status.total && now - shownMs < (live ? REDRAW_MS : LINE_MS)) return
      shownMs = now
      const sentence = describe(status, pace)
      if (update) update(`${pc.cyan(status.phase)} ${bar(status.done / Math.max(1, status.total))} ${sentence}`)
      else log(`${status.phase}: ${sentence}`)
    },
    reached: () =>
      last ? ` after ${last.done} of ${last.total} ${REACHED[last.phase]}${last.what ? ` (${last.what})` : ''}` : '',
    done: () => update?.clear(),
  }
}

const REDRAW_MS = 100
const LINE_MS = 10_000
const UNITS = {
  ...{ generate: 'prompts', train: 'steps', evaluate: 'requests' },
  ...{ answer: 'tokens', measure: 'measurements', judge: 'requests' },
} as const
const REACHED = {
  ...{ generate: 'answers', train: 'training steps', evaluate: 'held-out requests' },
  ...{ answer: 'tokens', measure: 'measurements', judge: 'held-out requests' },
} as const

function describe(
  { phase, what, done, total, open, tokens, answers, loss }: TrainStatus,
  { rate, leftMs }: ReturnType<PaceMeter['observe']>,
) {
  const parts = [...(what ? [what] : []), `${done} of ${total} ${UNITS[phase]}`]
  if (tokens !== undefined) parts.push(`${tokens} tokens`)
  if (answers !== undefined) parts.push(`${answers} answers`)
  if (loss !== undefined) parts.push(`loss ${loss.toFixed(3)}`)
  if (rate !== null) parts.push(`${rate.toFixed(rate < 10 ? 1 : 0)} ${UNITS[phase]}/s`)
  if (leftMs !== null && done < total && !open) parts.push(`${duration(leftMs)} left`)
  return parts.join(', ')
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000)
  if (seconds < 100) return `${seconds} s`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
