import type { ObjectStore } from '@foretoken/storage'

export interface HistoryOptions {
  readonly store: ObjectStore
  readonly tenant: string
  /** `targetFingerprint` of the model. */
  readonly target: string
  /** `targetForm` of the model; absent: a static draft of other weights is refused. */
  readonly form?: string
  /** Folder of the target's static draft, which then drafts the answers too; null where there is none. */
  readonly staticDraft: string | null
  /** Completion tokens that are enough. */
  readonly tokensMax: number
  readonly signal: AbortSignal
  /** Asked before each prompt, and before the last answers are stored. */
  readonly mayLearn: () => Promise<boolean>
  readonly onProgress: (progress: HistoryProgress) => void
}

export interface HistoryProgress {
  /** Answers and their tokens, those of earlier calls included. */
  readonly answers: number
  readonly tokens: number
}

/** The tenant opted out, was revoked or was forgotten meanwhile; what was not stored yet is dropped. */
export class LearningEnded extends Error {
  override readonly name = 'LearningEnded'
}
