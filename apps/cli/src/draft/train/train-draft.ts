import { mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { decodeDraft, draftParameters, encodeDraft, parameterCount } from '@foretoken/drafting'
import {
  CheckpointMismatch,
  type DraftCard,
  type DraftPrompt,
  dropCheckpoint,
  generateTraces,
  PromptError,
  promptsDigest,
  readCheckpoint,
  readPrompts,
  renderCard,
  STATIC_SHAPE,
  type TrainedDraft,
  trainingIdentity,
  trainStaticDraft,
} from '@foretoken/learning'
import { loadModel, readTokenTables, targetFingerprint, targetForm } from '@foretoken/model'
import { openObjectStore } from '@foretoken/storage'
import { openDataFolder } from '../../data-folder/folder.ts'
import { lockFolder } from '../../data-folder/lock.ts'
import { CliError } from '../../errors.ts'
import { type ResolvedModel, resolveModel } from '../../model/resolve.ts'
import { commandLine } from './command-line.ts'
import { checkDraftFolder, writeDraftFolder } from './draft-folder.ts'
import type { TrainOptions } from './options.ts'
import type { TrainView } from './view.ts'

export interface TrainedDraftSummary {
  readonly id: string
  readonly contentHash: string
  readonly target: string
  readonly folder: string
  readonly parameters: number
  readonly card: DraftCard
}

export interface TrainSurroundings {
  readonly signal: AbortSignal
  readonly view: Pick<TrainView, 'show'>
}

/** @throws CliError where prompts, folders or an earlier run forbid it; else the signal's reason once it is aborted. */
export async function trainDraft(options: TrainOptions, around: TrainSurroundings): Promise<TrainedDraftSummary> {
  try {
    return await prepareAndRun(options, around)
  } catch (error) {
    if (error instanceof PromptError) throw new CliError(`These prompts can't be used: ${error.message}.`)
    if (!(error instanceof CheckpointMismatch)) throw error
    throw new CliError(
      `The work folder holds a run that was interrupted after ${error.step} steps, with another ` +
        `${error.differs.join(', ')}. Give its options again to go on with it, --restart to drop it, or another ` +
        'folder with --work.',
    )
  }
}

async function prepareAndRun(options: TrainOptions, around: TrainSurroundings): Promise<TrainedDraftSummary> {
  const data = openDataFolder(options.dataDir)
  const model = await resolveModel(data, options.target)
  const target = await targetFingerprint(model.folder)
  const output = resolve(options.output ?? join(data.drafts, model.id))
  checkDraftFolder(output, options.force)
  const prompts = await readPrompts(options.prompts, options.promptsMax)
  const work = resolve(options.work ?? join(data.training, target.slice(0, 12)))
  mkdirSync(work, { recursive: true })
  const unlock = lockFolder({ path: work, lock: join(work, 'lock') }, { name: 'work folder', option: '--work' })
  try {
    return await run({ options, model, target, prompts, output, work, ...around })
  } finally {
    unlock()
  }
}

interface Run extends TrainSurroundings {
  readonly options: TrainOptions
  readonly model: ResolvedModel
  readonly target: string
  readonly prompts: readonly DraftPrompt[]
  readonly output: string
  readonly work: string
}

async function run({ options, model, target, prompts, output, work, signal, view }: Run): Promise<TrainedDraftSummary> {
  const store = openObjectStore(pathToFileURL(work).href)
  const { steps, batch, learningRate, seed, threads = availableParallelism(), sampledShare } = options
  const answers = { store, target, signal, completionTokensMax: options.completionTokens, sampledShare }
  const training = {
    ...{ target, steps, batch, learningRate, seed, threads, store, signal },
    shape: { ...STATIC_SHAPE, stateSize: options.state, vocabularySize: options.vocabulary },
    data: {
      prompts: promptsDigest(prompts),
      'completion tokens': String(options.completionTokens),
      'sampled share': String(sampledShare),
    },
  }
  // Now rather than after an hour of answers.
  if (options.restart) await dropCheckpoint(store)
  else await readCheckpoint(store, trainingIdentity(training))

  const loaded = await loadModel(model.folder, { weights: 'fp32', threads })
  const traces = await generateTraces(loaded, prompts, {
    ...answers,
    onProgress: ({ prompts: done, promptsTotal: total, tokens }) =>
      view.show({ phase: 'generate', done, total, tokens }),
  }).finally(() => loaded.target.close())
  const trained = await trainStaticDraft(traces, {
    ...training,
    tables: await readTokenTables(model.folder),
    onProgress: (progress) =>
      progress.phase === 'train'
        ? view.show({ phase: 'train', done: progress.step, total: progress.steps, loss: progress.loss })
        : view.show({ phase: 'evaluate', done: progress.requests, total: progress.requestsTotal }),
  })
  const command = commandLine(options, model.id, threads)
  const form = await targetForm(model.folder)
  const summary = write({ ...trained, contents: { ...trained.contents, form } }, output, {
    ...answers,
    targetName: model.id,
    command,
    steps,
    batch,
    learningRate,
  })
  await dropCheckpoint(store) // a checkpoint is a run that has not ended
  return summary
}

function write(
  { contents, card }: TrainedDraft,
  folder: string,
  facts: Parameters<typeof renderCard>[2],
): TrainedDraftSummary {
  const files = encodeDraft(contents)
  const { id, contentHash, target, shape } = decodeDraft(files)
  const text = renderCard({ form: null, ...contents, id, contentHash }, card, facts)
  writeDraftFolder(folder, { ...files, 'README.md': new TextEncoder().encode(text) })
  return { id, contentHash, target, folder, parameters: parameterCount(draftParameters(shape)), card }
}
