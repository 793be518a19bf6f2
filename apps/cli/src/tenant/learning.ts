import { type Database, deleteTenant, type Forgotten, forgetTenant, setLearning, type Tenant } from '@foretoken/db'
import { deleteAdapters, deleteTraces } from '@foretoken/learning'
import type { ObjectStore } from '@foretoken/storage'
import { CliError } from '../errors.ts'
import type { LearningCommandOptions } from '../options.ts'
import { print, printJson } from '../output.ts'
import { choice, withDatabase } from '../platform/connect.ts'
import { requireTenant } from './lookup.ts'

/** `foretoken tenant learning <tenant> on|off`. */
export async function learning(nameOrId: string, state: 'on' | 'off', options: LearningCommandOptions): Promise<void> {
  await withDatabase(choice(options), async ({ db, store }) => {
    const tenant = await requireTenant(db, nameOrId)
    await setLearning(db, tenant.id, state === 'on')
    const traces = state === 'off' ? await deleteTraces(await store(), tenant.id) : { segments: 0, tokens: 0 }
    if (options.json) return printJson({ id: tenant.id, learning: state === 'on', deletedTraces: traces })
    if (state === 'on') return print(`Tenant ${tenant.name} is learned from again.`)
    print(
      `Tenant ${tenant.name} is no longer learned from: ${traces.tokens} tokens of traces are deleted, new ones are not ` +
        `kept. Its draft stays in use; delete that too: foretoken tenant forget ${tenant.name}`,
    )
  })
}

/** `foretoken tenant forget <tenant>`. */
export async function forget(nameOrId: string, options: LearningCommandOptions): Promise<void> {
  await withDatabase(choice(options), async ({ db, store }) => {
    const tenant = await requireTenant(db, nameOrId)
    const deleted = await deleteLearned(await store(), tenant, await forgetTenant(db, tenant.id))
    if (options.json) return printJson({ id: tenant.id, ...deleted })
    print(
      `Deleted of tenant ${tenant.name}: ${deleted.adapters} adapters and ${deleted.traceTokens} tokens of traces in ` +
        `${deleted.traceSegments} segments; ${deleted.runs} training runs were ended.\n` +
        'Its next request makes the workers drop what they hold. It goes on learning from new traffic; ' +
        `stop that: foretoken tenant learning ${tenant.name} off`,
    )
  })
}

/** `foretoken tenant delete <tenant>`. */
export async function remove(nameOrId: string, options: LearningCommandOptions): Promise<void> {
  await withDatabase(choice(options), async ({ db, store }) => {
    const tenant = await requireTenant(db, nameOrId)
    const objects = await store()
    const deleted = await deleteLearned(objects, tenant, await deleteOrForget(db, tenant))
    if (options.json) return printJson({ id: tenant.id, status: 'deleted', ...deleted })
    print(
      `Deleted tenant ${tenant.name} (${tenant.id}): its keys open nothing, and ${deleted.adapters} adapters and ` +
        `${deleted.traceTokens} tokens of traces are gone. Its usage stays accountable; its name is free again.`,
    )
  })
}

/** One that was deleted already may have left files: by its id, the command can be repeated. */
async function deleteOrForget(db: Database, { id, forgottenAt }: Tenant): Promise<Forgotten | null> {
  return (await deleteTenant(db, id)) ?? (forgottenAt && { forgottenAt, drafts: 0, runs: 0 })
}

interface Deleted {
  readonly adapters: number
  readonly traceSegments: number
  readonly traceTokens: number
  readonly runs: number
}

/**
 * Rows first: from then on nothing is served, trained or promoted from what is being deleted.
 *
 * @param forgotten what became of the rows
 * @throws CliError where something is left; the command can be repeated.
 */
async function deleteLearned(store: ObjectStore, tenant: Tenant, forgotten: Forgotten | null): Promise<Deleted> {
  if (!forgotten) throw new CliError(`There is no tenant "${tenant.name}" any more.`)
  const traces = await deleteTraces(store, tenant.id)
  const adapters = await deleteAdapters(store, tenant.id)
  if ((await deleteAdapters(store, tenant.id)) > 0) {
    throw new CliError(`A trainer was still storing an adapter of ${tenant.name}. Repeat the command.`)
  }
  return { adapters, traceSegments: traces.segments, traceTokens: traces.tokens, runs: forgotten.runs }
}
