import { extraction } from './extraction.ts'
import { service } from './service.ts'
import { shell } from './shell.ts'
import { sql } from './sql.ts'
import type { Workload } from './workload.ts'

export { promptsOf } from './prompts.ts'
export type { Workload } from './workload.ts'
export const WORKLOADS: readonly Workload[] = [sql, shell, extraction, service]
