import { demoWorkloads, type Workload } from '@foretoken/workloads'

/** What a tenant of the demo sends, and how it wants to be answered. */
export interface DemoWorkload {
  readonly workload: Workload
  readonly temperature: number
}

export const WORKLOADS: readonly DemoWorkload[] = [
  { workload: demoWorkloads.sql, temperature: 0 },
  { workload: demoWorkloads.shell, temperature: 0 },
  { workload: demoWorkloads.extraction, temperature: 0 },
  { workload: demoWorkloads.service, temperature: 0.7 }, // dialogue is drawn, as people like it
]
