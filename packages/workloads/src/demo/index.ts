import { templated } from '../templates.ts'
import type { Workload } from '../workload.ts'
import { jsonAssistant } from './extraction.ts'
import { serviceDesk } from './service.ts'
import { shellOps } from './shell.ts'
import { sqlAnalytics } from './sql.ts'

/** Tenants of the reference target whose vocabulary is so small that a draft learns it within minutes. */
export const demoWorkloads: Readonly<Record<'sql' | 'shell' | 'extraction' | 'service', Workload>> = {
  sql: templated(sqlAnalytics),
  shell: templated(shellOps),
  extraction: templated(jsonAssistant),
  service: templated(serviceDesk),
}
