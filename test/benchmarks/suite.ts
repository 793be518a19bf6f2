import type { BenchTarget } from './bench-target.ts'
import type { CommandOptions, Report } from './report.ts'

export interface Suite {
  /** Plays the workloads of `corpus`; others have prompts of their own. */
  readonly readsCorpus?: boolean
  /** Plays any target; others only the reference. */
  readonly playsTargets?: boolean
  /** Can leave out what comes beside tenants' lives. */
  readonly playsLives?: boolean
  run(options: SuiteOptions): Promise<Report>
}

export interface SuiteOptions {
  /** Fewer repeats: a look in minutes, not a figure to keep. */
  readonly quick: boolean
  /** Folder of JSONL files of {"prompt": …}, each a workload; absent: what `packages/workloads` has. */
  readonly corpus?: string | undefined
  readonly target: BenchTarget
  /** What was typed. */
  readonly command: CommandOptions
}
