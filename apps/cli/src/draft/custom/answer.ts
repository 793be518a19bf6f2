import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { findTarget, registerTarget, type Tenant } from '@foretoken/db'
import {
  answerHistory,
  type HistoryAnswers,
  type HistoryOptions,
  LearningEnded,
  PromptError,
  readHistory,
} from '@foretoken/learning'
import { loadModel, targetFingerprint, targetForm } from '@foretoken/model'
import { StorageError } from '@foretoken/storage'
import { dataFolder } from '../../data-folder/folder.ts'
import { lockFolder } from '../../data-folder/lock.ts'
import { runningPlatform } from '../../data-folder/state.ts'
import { CliError } from '../../errors.ts'
import { log } from '../../output.ts'
import type { Connection } from '../../platform/connect.ts'
import { draftFolders, resolveStaticDraft } from '../../platform/static-draft.ts'
import type { CustomOptions } from './options.ts'
import { customTarget } from './target.ts'
import { isUnchanged } from './tenant.ts'

export type History = Awaited<ReturnType<typeof readHistory>>

/** @throws CliError that names file and line. */
export async function historyOf(paths: readonly string[]): Promise<History> {
  return await readHistory(paths).catch((error: unknown) => {
    throw mendable(error)
  })
}

export interface CustomAnswers extends HistoryAnswers {
  /** Name of the model that answered, its fingerprint, and how the database knows it. */
  readonly model: string
  readonly target: string
  readonly targetId: string
}

export type AnswerOptions = Pick<CustomOptions, 'dataDir' | 'target' | 'tokens' | 'threads'> &
  Pick<HistoryOptions, 'signal' | 'onProgress'>

/**
 * Loads the target and lets it answer, into the tenant's traces.
 *
 * @throws CliError for what the operator can mend, the signal's reason once it is aborted
 */
export async function answer(
  { db, store }: Pick<Connection, 'db' | 'store'>,
  tenant: Tenant,
  history: History,
  options: AnswerOptions,
): Promise<CustomAnswers> {
  const found = await customTarget(db, options)
  const [target, form] = [await targetFingerprint(found.folder), await targetForm(found.folder)]
  const named = { name: found.id, fingerprint: target, form }
  const { id: targetId } = (await findTarget(db, named)) ?? (await registerTarget(db, named))
  const drafts = draftFolders(dataFolder(options.dataDir), found)
  const staticDraft = await resolveStaticDraft({ folder: found.folder, drafts })
  if (staticDraft === null) log(NO_DRAFT)
  const unlock = lockHistory(options.dataDir, tenant)
  try {
    const model = await loadModel(found.folder, { id: found.id, threads: threadsOf(options) })
    const answers = await answerHistory(model, history, {
      ...{ store: await store(), tenant: tenant.id, target, form, staticDraft, tokensMax: options.tokens },
      ...{ signal: options.signal, onProgress: options.onProgress },
      mayLearn: () => isUnchanged(db, tenant),
    }).finally(() => model.target.close())
    return { model: found.id, target, targetId, ...answers }
  } catch (error) {
    throw mendable(error, tenant)
  } finally {
    unlock()
  }
}

const NO_DRAFT =
  'No static draft comes along for this target, so it answers without one. The trainer needs one: train it with ' +
  '`foretoken draft train`, and start the platform with it: foretoken up --draft FOLDER'

/** Threads that work together wait for one another, so on cores that serve too one is faster than several. */
function threadsOf({ threads, dataDir }: Pick<CustomOptions, 'threads' | 'dataDir'>): number {
  return threads ?? (runningPlatform(dataFolder(dataDir)) ? 1 : availableParallelism())
}

/** Two calls at once would answer the same prompts. */
function lockHistory(dataDir: string, { id, name }: Tenant): () => void {
  const { path } = dataFolder(dataDir)
  const called = { name: `history of tenant ${name} in`, option: '--data-dir' }
  return lockFolder({ path, lock: join(path, `custom.${id}.lock`) }, called)
}

function mendable(error: unknown, tenant?: Tenant): unknown {
  if (error instanceof PromptError) return new CliError(`These prompts can't be used: ${error.message}.`)
  if (error instanceof StorageError) return new CliError(`The answers can't be stored. ${error.message}`)
  if (!(error instanceof LearningEnded)) return error
  return new CliError(`Tenant ${tenant?.name} was opted out of learning, revoked or forgotten meanwhile.`)
}
