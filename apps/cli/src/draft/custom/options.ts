import type { LearningCommandOptions, QueueCommandOptions } from '../../options.ts'

/** What `foretoken draft custom` is told. */
export interface CustomOptions extends LearningCommandOptions, QueueCommandOptions {
  readonly tenant: string
  readonly prompts: readonly string[]
  readonly target?: string
  readonly tokens: number
  readonly threads?: number
  readonly wait: boolean
}
