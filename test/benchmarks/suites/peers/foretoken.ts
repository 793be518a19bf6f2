import { complete } from '../../../engine/generate.ts'
import { prepareWays, tenantOf, WAYS, type WayName } from '../learning/arms.ts'
import { tokenCount } from '../learning/collect.ts'
import { adapterOf, type Traffic } from '../learning/tenant.ts'
import type { World } from '../learning/world.ts'
import type { Contender } from './contender.ts'

export const OUR_WAYS = ['none', 'suffix', 'static', 'adaptive', 'auto'] as const satisfies readonly WayName[]

/**
 * Gives every tenant what it would have by now: its adapter, and a suffix index of its first requests. `group` keeps
 * tenants apart, so that none is asked what it has been asked before.
 */
export async function prepareTenants(
  world: World,
  traffics: ReadonlyMap<string, Traffic>,
  groups: readonly string[],
): Promise<void> {
  for (const [domain, traffic] of traffics) {
    const { bytes, ...measured } = await adapterOf(world, domain, traffic)
    world.log(`${domain}: adapted to ${tokenCount(traffic.first)} tokens of ${traffic.first.length} requests`)
    const adapter = { adapter: await world.draft.readAdapter({ id: `adp_${domain}`, bytes }), measured }
    for (const group of groups)
      await prepareWays(world, { domain: inGroup(domain, group), traces: traffic.first, adapter })
  }
}

/** The engine in each of OUR_WAYS; at larger batches it mixes tenants, each with its own adapter. */
export function ourContenders(world: World, group: string): Contender[] {
  return WAYS.filter(({ name }) => ours.has(name)).map(({ name, speculation }) => ({
    name,
    async complete({ domain, prompt }) {
      const tenant = tenantOf(inGroup(domain, group), name)
      const ask = { tenant, prompt, tokensMax: world.completionTokensMax, speculation }
      return (await complete(world.engine, ask)).tokens
    },
  }))
}

const ours: ReadonlySet<WayName> = new Set(OUR_WAYS)
const inGroup = (domain: string, group: string) => `${domain}, ${group}`
