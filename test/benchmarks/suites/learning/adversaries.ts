import type { Adapter, MeasuredAcceptance } from '@foretoken/drafting'
import type { SamplingParameters } from '@foretoken/engine'
import { seededRandom } from '@foretoken/learning/training'
import type { Fitted } from './adapters.ts'
import { tenantOf, WAYS } from './arms.ts'
import { figuresOf, type WayFigures } from './measure.ts'
import { type Served, serve } from './serve.ts'
import type { Traffic } from './tenant.ts'
import type { World } from './world.ts'

export interface AdversaryResult {
  readonly name: string
  readonly requests: number
  readonly plain: WayFigures
  readonly auto: WayFigures
  /** Why the engine took the adapter out of service; null where it did not. */
  readonly demoted: string | null
}

interface Adversary {
  readonly name: string
  readonly requests: readonly { readonly prompt: readonly number[]; readonly sampling?: Partial<SamplingParameters> }[]
}

/**
 * Traffic that drafts can't profit from, served plain and by the controller in turns. Both tenants come with an adapter
 * of other traffic, so that there is something to be misled by; nothing is warmed up.
 */
export async function playAdversaries(
  world: World,
  stale: Fitted,
  tenants: ReadonlyMap<string, Traffic>,
): Promise<AdversaryResult[]> {
  const count = world.settings.adversarial
  const adapter = await world.draft.readAdapter({ id: 'adp_stale', bytes: stale.bytes })
  const results: AdversaryResult[] = []
  for (const adversary of [randomText(world, count), restless(tenants, count)]) {
    results.push(await play(world, adversary, adapter, stale))
    world.log(`${adversary.name}: auto ${results.at(-1)?.auto.speedUp.total.toFixed(3)}× plain`)
  }
  return results
}

/** Prompts of random tokens, answered at a temperature at which the target itself writes nearly at random. */
function randomText({ model }: World, count: number): Adversary {
  const random = seededRandom(7)
  const { vocabularySize } = model.target.shape
  const token = () => Math.floor(random.uniform() * vocabularySize)
  const requests = Array.from({ length: count }, (_, index) => ({
    prompt: Array.from({ length: 48 }, token).filter((id) => !model.tokenizer.eosIds.includes(id)),
    sampling: { temperature: 1.5, seed: BigInt(index) },
  }))
  return { name: 'random text', requests }
}

/** A tenant that changes its domain at every request. */
function restless(tenants: ReadonlyMap<string, Traffic>, count: number): Adversary {
  const all = [...tenants.values()]
  const requests = Array.from({ length: count }, (_, index) => {
    const own = all[index % all.length]?.later ?? []
    const trace = own[Math.floor(index / all.length) % own.length]
    return { prompt: [...(trace?.prompt ?? [])] }
  })
  return { name: 'changes domain every request', requests }
}

async function play(
  world: World,
  { name, requests }: Adversary,
  adapter: Adapter,
  measured: MeasuredAcceptance,
): Promise<AdversaryResult> {
  const domain = `adversary ${name}`
  const [plain, auto] = [WAYS.find((way) => way.name === 'none'), WAYS.find((way) => way.name === 'auto')]
  if (!plain || !auto) throw new Error('no such way')
  world.neural.adopt(tenantOf(domain, auto.name), adapter, measured)
  const served = { plain: [] as Served[], auto: [] as Served[] }
  for (const [index, request] of requests.entries()) {
    const run = async (kind: keyof typeof served) => {
      const one = await serve(world, { domain, way: kind === 'plain' ? plain : auto, ...request })
      served[kind].push(one)
      return one.tokens.join()
    }
    const first = await run(index % 2 === 0 ? 'plain' : 'auto')
    const second = await run(index % 2 === 0 ? 'auto' : 'plain')
    if (first !== second) throw new Error(`${name}, request ${index}: speculation changed the output.`)
  }
  return {
    name,
    requests: requests.length,
    plain: figuresOf(served.plain, served.plain),
    auto: figuresOf(served.auto, served.plain),
    demoted: world.demoted.get(tenantOf(domain, auto.name)) ?? null,
  }
}
