import type { Completion } from './completion.ts'
import type { Way } from './ways.ts'

/** A measured prompt, answered in one way. */
export interface Sample {
  readonly tenant: string
  /** From 0. */
  readonly round: number
  readonly prompt: string
  readonly way: Way
  readonly completion: Completion
}
