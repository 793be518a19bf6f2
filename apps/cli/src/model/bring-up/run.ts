import { mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type DraftArtifact, DraftError, readDraft } from '@foretoken/drafting'
import {
  type BringUpOptions,
  BringUpProgressStore,
  bringUpDraft,
  bringUpFolder,
  CheckpointMismatch,
  DEFAULT_SHAPES,
  PromptError,
} from '@foretoken/learning'
import { CheckpointError, readTokenTables, targetFingerprint } from '@foretoken/model'
import { type ObjectStore, openObjectStore } from '@foretoken/storage'
import { openDataFolder } from '../../data-folder/folder.ts'
import { lockFolder } from '../../data-folder/lock.ts'
import { checkDraftFolder } from '../../draft/train/draft-folder.ts'
import type { TrainView } from '../../draft/train/view.ts'
import { CliError } from '../../errors.ts'
import { draftFolders, resolveStaticDraft } from '../../platform/static-draft.ts'
import type { ModelSummary } from '../inspect.ts'
import type { BringUpCommandOptions } from './options.ts'
import { type BringUpPrompts, promptsFor } from './prompts.ts'
import { type BringUpSummary, earlierSummary, writeDraft } from './result.ts'
import { type ImportedTarget, importedTarget } from './target.ts'

export type { BringUpSummary } from './result.ts'

export interface BringUpSurroundings {
  readonly signal: AbortSignal
  readonly view: Pick<TrainView, 'show'>
  readonly onModel: (model: ModelSummary) => void
  /** Milliseconds of a clock that only goes forward. */
  readonly clock: () => number
}

/** @throws CliError for what the operator can mend; else the signal's reason once it is aborted. */
export async function bringUpTarget(
  path: string,
  options: BringUpCommandOptions,
  around: BringUpSurroundings,
): Promise<BringUpSummary> {
  try {
    const data = openDataFolder(options.dataDir)
    const model = await importedTarget(data, path, options)
    around.onModel(model.summary)
    const drafts = join(data.drafts, model.id)
    checkDraftFolder(drafts, false, 'Move it away, or choose another --name.')
    const prompts = await promptsFor(model.id, options)
    const target = await targetFingerprint(model.folder)
    const incumbent = await servingDraft(model, target, draftFolders(data, model))
    const work = join(data.training, target.slice(0, 12))
    mkdirSync(work, { recursive: true })
    const unlock = lockFolder({ path: work, lock: join(work, 'lock') }, { name: 'work folder', option: '--data-dir' })
    try {
      return await run({ options, model, prompts, target, incumbent, work, drafts, ...around })
    } finally {
      unlock()
    }
  } catch (error) {
    throw mendable(error)
  }
}

interface Run extends BringUpSurroundings {
  readonly options: BringUpCommandOptions
  readonly model: ImportedTarget
  readonly prompts: BringUpPrompts
  readonly target: string
  readonly incumbent: DraftArtifact | null
  /** Answers and checkpoints. */
  readonly work: string
  /** Where `up` looks for its draft. */
  readonly drafts: string
}

async function run({ options, model, prompts, target, incumbent, work, drafts, signal, view, clock }: Run) {
  const store = openObjectStore(pathToFileURL(work).href)
  const { completionTokens, sampledShare, weights, budget, batch, learningRate, seed } = options
  const { threads = availableParallelism() } = options
  const search: BringUpOptions = {
    ...{ model: model.folder, target, tables: await readTokenTables(model.folder), prompts: prompts.prompts },
    ...{ completionTokensMax: completionTokens, sampledShare, weights, batch, learningRate, seed, threads },
    shapes: options.shapes ?? DEFAULT_SHAPES,
    budgetMs: budget * 60_000,
    ...{ incumbent, store, signal, clock },
    onProgress: (progress) => view.show(progress),
  }
  const folder = bringUpFolder(search)
  if (options.restart) await drop(store, folder)
  const progress = await BringUpProgressStore.open(store, `${folder}/state.json`, clock)
  const earlier = await earlierSummary(progress.current.result, target)
  if (earlier) return earlier
  const found = await bringUpDraft(search, progress)
  const { overIncumbent } = found.report
  const kept = overIncumbent !== null && overIncumbent.gain <= 1
  const summary = writeDraft(found, {
    ...{ model, options, search, prompts: prompts.called, kept },
    incumbent: incumbent?.id ?? null,
    output: kept ? join(work, folder, 'draft') : drafts,
  })
  await progress.save({ result: summary })
  // What an ended search is still good for is in its result.
  for await (const { key } of store.list(`${folder}/`)) if (key.endsWith('.safetensors')) await store.delete(key)
  return summary
}

async function drop(store: ObjectStore, folder: string): Promise<void> {
  for await (const { key } of store.list(`${folder}/`)) await store.delete(key)
}

/** What serves the target now; a draft that can't be read serves nobody. */
async function servingDraft({ folder }: ImportedTarget, target: string, folders: readonly string[]) {
  const serving = await resolveStaticDraft({ folder, drafts: folders })
  try {
    return serving === null ? null : await readDraft(serving, target)
  } catch (error) {
    if (error instanceof DraftError) return null
    throw error
  }
}

function mendable(error: unknown): unknown {
  if (error instanceof PromptError) return new CliError(`These prompts can't be used: ${error.message}.`)
  if (error instanceof CheckpointError) return new CliError(`The model can't be run as asked for. ${error.message}`)
  if (!(error instanceof CheckpointMismatch)) return error
  return new CliError(
    `A search with these options was interrupted whose ${error.differs.join(', ')} ${error.differs.length > 1 ? 'are' : 'is'} ` +
      'not what this one has. --restart drops it; answers are kept.',
  )
}
