import type { Report } from './report.ts'

export interface Suite {
  run(options: SuiteOptions): Promise<Report>
}

export interface SuiteOptions {
  /** Fewer repeats: a look in minutes, not a figure to keep. */
  readonly quick: boolean
  /** Folder of JSONL workloads, each line {"domain", "prompt", "response"}. */
  readonly corpus: string
}
