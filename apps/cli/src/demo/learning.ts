import type { TrainingRun } from '@foretoken/db'
import { describeProgress } from '../draft/explain.ts'

/** Where a tenant stands on its way from traffic to a draft of its own. */
export type Learning =
  | { readonly stage: 'impossible' }
  | { readonly stage: 'watching'; readonly tokens: number; readonly wanted: number }
  | { readonly stage: 'queued' }
  | { readonly stage: 'training'; readonly phase: string | null; readonly progress: number | null }
  /** Promoted; no worker has drafted with it yet. */
  | ({ readonly stage: 'promoted' } & Taught)
  | ({ readonly stage: 'live'; readonly swapSeconds: number } & Taught)
  /** Was live, and is no longer. */
  | ({ readonly stage: 'withdrawn' } & Taught)
  | ({ readonly stage: 'kept'; readonly outcome: 'rejected' | 'skipped' | 'failed' } & Lesson)

/** A training run that has ended. */
export interface Lesson {
  readonly tokens: number
  readonly seconds: number
  /** Acceptance length on the gate's held-out requests, suffix index beside both; null where it did not come to that. */
  readonly heldOut: { readonly before: number; readonly after: number } | null
  /** What the gate, or whoever ended it, found. */
  readonly reason: string
}

export interface Taught extends Lesson {
  readonly draftId: string
  readonly version: number
}

export function lessonOf({ tokens, startedAt, finishedAt, reason, baseline, candidate }: TrainingRun): Lesson {
  const seconds = startedAt && finishedAt ? (finishedAt.getTime() - startedAt.getTime()) / 1_000 : 0
  const [before, after] = [baseline?.acceptanceLength, candidate?.acceptanceLength]
  const heldOut = typeof before === 'number' && typeof after === 'number' ? { before, after } : null
  return { tokens, seconds, heldOut, reason: reason ?? '' }
}

/** In a few words, for the line above a tenant's figures. */
export function describeLearning(learning: Learning): string {
  switch (learning.stage) {
    case 'impossible':
      return 'no static draft for this target, so none of its own'
    case 'watching':
      return learning.tokens === 0 ? 'new' : `traces of ${learning.tokens} of ${learning.wanted} tokens stored`
    case 'queued':
      return 'waits for the trainer'
    case 'training':
      return `${bar(learning.progress ?? 0)} ${describeProgress(learning)}`
    case 'promoted':
      return `draft version ${learning.version} is promoted, on its way to the worker`
    case 'live':
      return `draft version ${learning.version} live: ${learning.reason}`
    case 'withdrawn':
      return `draft version ${learning.version} was withdrawn: ${learning.reason}`
    case 'kept':
      return `static draft kept (${learning.outcome}): ${learning.reason}`
  }
}

const BAR_WIDTH = 12

function bar(progress: number): string {
  const filled = Math.round(progress * BAR_WIDTH)
  return '█'.repeat(filled).padEnd(BAR_WIDTH, '░')
}
