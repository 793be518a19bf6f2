import { fetchSmolLM2, smollm2DraftFolder } from '@foretoken/smollm2'
import { referenceWorkloads, tenantWorkloads, type Workload } from '@foretoken/workloads'
import type { Settings } from './settings.ts'

/** What a tenant of the demo sends, and how it wants to be answered. */
export interface DemoWorkload {
  readonly workload: Workload
  readonly temperature: number
}

/** A target with the tenants that it is good for, and how much of their traffic shows what drafts learn. */
export interface Cast {
  readonly tenants: readonly DemoWorkload[]
  readonly settings: Settings
  /** Where the target and its static draft lie; absent: the ones that ship. */
  readonly open?: (cacheFolder: string, log: (line: string) => void) => Promise<{ models: string[]; drafts: string[] }>
}

const named = (workloads: readonly Workload[], name: string, temperature = 0): DemoWorkload => {
  const workload = workloads.find((each) => each.name === name)
  if (!workload) throw new Error(`there is no workload ${name}`)
  return { workload, temperature }
}

export const CASTS = {
  reference: {
    tenants: [
      named(referenceWorkloads, 'sql'),
      named(referenceWorkloads, 'toolcall'),
      named(referenceWorkloads, 'extract'),
      named(referenceWorkloads, 'dialog', 0.7), // dialogue is drawn, as people like it
    ],
    settings: { tokens: 10_000, rounds: 2, prompts: 6, answerTokens: 96 },
  },
  smollm2: {
    tenants: [
      named(tenantWorkloads, 'outdoor-shop'),
      named(tenantWorkloads, 'recipe-site'),
      named(tenantWorkloads, 'shop-support'),
      named(tenantWorkloads, 'code-docs'),
    ],
    settings: { tokens: 8_000, rounds: 2, prompts: 3, answerTokens: 120 },
    open: async (cacheFolder, log) => ({
      models: [await fetchSmolLM2(cacheFolder, log)],
      drafts: [smollm2DraftFolder],
    }),
  },
} as const satisfies Record<string, Cast>

export type CastName = keyof typeof CASTS
