import { createApiKey, createTenant, type Database, setLearning } from '@foretoken/db'
import type { Message } from '@foretoken/workloads'
import type { Platform } from '../platform/platform.ts'
import type { DemoWorkload } from './casts.ts'

export interface DemoTenant {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly temperature: number
  readonly apiKey: string
  /** A tenant of its own that nothing is learned from: what serves it is what the tenant would have without learning. */
  readonly twinApiKey: string
  /** All that it asks, measured or not, is taken from here: no prompt is sent twice. */
  readonly prompts: Iterator<readonly Message[], never>
}

const SEED = 1

export async function addTenants(
  db: Database,
  { pepper }: Pick<Platform, 'pepper'>,
  workloads: readonly DemoWorkload[],
): Promise<DemoTenant[]> {
  const add = async (name: string, learning: boolean) => {
    const created = await createTenant(db, name)
    if (!created.ok) throw new Error(`the fresh database has a tenant ${name}`)
    const { id } = created.tenant
    if (!learning) await setLearning(db, id, false)
    return { id, apiKey: (await createApiKey(db, pepper, { tenantId: id, name: 'demo' })).secret }
  }
  const tenants: DemoTenant[] = []
  for (const { workload, temperature } of workloads) {
    const { name, describe: description } = workload
    const own = await add(name, true)
    const twin = await add(`${name}-twin`, false)
    const prompts = workload.prompts(SEED)
    tenants.push({ ...own, name, description, temperature, twinApiKey: twin.apiKey, prompts })
  }
  return tenants
}

/** What the user says last: each of a tenant's prompts has another. */
export function textOf(prompt: readonly Message[]): string {
  return prompt.at(-1)?.content ?? ''
}
