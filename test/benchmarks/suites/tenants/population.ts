import type { PooledRef } from '@foretoken/drafting'
import { storeAdapter } from '@foretoken/learning'
import { adapterArtifact } from '@foretoken/learning/training'
import type { ObjectStore } from '@foretoken/storage'
import type { LearnedDomain } from '../learning/learned.ts'
import { type Models, tokensOf } from '../learning/world.ts'
import { TOKENS_MAX } from './settings.ts'

export interface Tenant {
  readonly id: string
  readonly adapter: PooledRef
  /** Its prompts in the order in which it asks them, over again when they end. */
  readonly prompts: readonly (readonly number[])[]
}

export interface Population {
  readonly tenants: readonly Tenant[]
  /** Folder of each adapter in the store. */
  readonly keys: ReadonlyMap<string, string>
}

/**
 * Tenants of mixed domains, each with an adapter of its own in the store. Every prompt of a tenant begins with the same
 * exchange, an earlier request and its answer, as conversations do and prompts of one application. Tenants of a domain
 * begin their walk through its prompts at different places.
 */
export async function populate(
  models: Pick<Models, 'model' | 'artifact'>,
  domains: readonly LearnedDomain[],
  count: number,
  store: ObjectStore,
): Promise<Population> {
  const tenants: Tenant[] = []
  const keys = new Map<string, string>()
  for (let index = 0; index < count; index++) {
    const learned = domains[index % domains.length]
    if (!learned) throw new Error('there is no domain')
    const id = `ten_${String(index).padStart(3, '0')}`
    const adapter = await storeOwn(models, learned, { tenant: id, id: `adp_${id}`, index }, store)
    keys.set(adapter.id, adapter.key)
    const place = Math.floor(index / domains.length)
    tenants.push({ id, adapter, prompts: promptsOf(models, learned, place, Math.ceil(count / domains.length)) })
  }
  return { tenants, keys }
}

interface Own {
  readonly tenant: string
  readonly id: string
  readonly index: number
}

/** The domain's adapter, moved by so little that it drafts the same and has other bytes. */
async function storeOwn({ artifact }: Pick<Models, 'artifact'>, learned: LearnedDomain, own: Own, store: ObjectStore) {
  const { adapter } = learned
  const { values, hotTokens } = adapter.values
  const bias = values.get('pointer_bias')?.map((value) => value + own.index * 2 ** -9) ?? new Float32Array(1)
  const files = adapterArtifact({
    request: { tenant: own.tenant, target: artifact.target, next: { id: own.id, version: 1 }, current: null },
    draft: artifact,
    adapter: { values: new Map([...values, ['pointer_bias', bias]]), hotTokens },
    acceptance: adapter.acceptance,
    staticAcceptance: adapter.staticAcceptance,
    tokens: adapter.tokens,
    evaluation: {},
  })
  return await storeAdapter(store, { tenant: own.tenant, id: own.id }, files)
}

function promptsOf(models: Pick<Models, 'model'>, { traces, later }: LearnedDomain, place: number, places: number) {
  const openings = traces.filter(({ prompt, tokens }) => prompt.length + tokens.length <= OPENING_TOKENS_MAX)
  const opening = openings[place % Math.max(1, openings.length)]
  const before = opening ? [...opening.prompt, ...opening.tokens] : []
  const room = models.model.contextLength - before.length - TOKENS_MAX
  const texts = later.map((text) => tokensOf(models, text)).filter(({ length }) => length <= room)
  const start = Math.floor((place * texts.length) / places)
  const prompts = [...texts.slice(start), ...texts.slice(0, start)].map((tokens) => [...before, ...tokens])
  if (prompts.length === 0) throw new Error('no prompt of the domain fits the context')
  return prompts
}

const OPENING_TOKENS_MAX = 160
