import type { Workload } from '../workload.ts'
import { bash } from './bash.ts'
import { dialog } from './dialog.ts'
import { extract } from './extract.ts'
import { intent } from './intent.ts'
import { math } from './math.ts'
import { sql } from './sql.ts'
import { toolcall } from './toolcall.ts'

/** The kinds of traffic that the reference target was trained on, in the shapes that it knows. */
export const referenceWorkloads: readonly Workload[] = [sql, bash, math, dialog, intent, extract, toolcall]
