import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { DraftError, decodeDraft, draftParameters, encodeDraft, parameterCount, readDraft } from '@foretoken/drafting'
import { type BringUpOptions, type BroughtUp, renderBringUp, shapeName, verdictSentence } from '@foretoken/learning'
import { z } from 'zod'
import { typedCommand } from '../../draft/train/command-line.ts'
import { writeDraftFolder } from '../../draft/train/draft-folder.ts'
import { renderModel } from '../inspect.ts'
import type { BringUpCommandOptions } from './options.ts'
import type { ImportedTarget } from './target.ts'

const summarySchema = z.object({
  /** What `up --model` and requests call it. */
  name: z.string(),
  /** `targetFingerprint` of the model. */
  target: z.string(),
  folder: z.string(),
  draft: z.object({
    ...{ id: z.string(), contentHash: z.string(), folder: z.string(), parameters: z.int() },
    precision: z.enum(['fp32', 'int8']),
  }),
  card: z.string(),
  /** Whether the draft that served before is better, and goes on serving. */
  kept: z.boolean(),
  verdict: z.string(),
  /** All figures, as the card has them. */
  report: z.unknown(),
  /** Whether it was there already. */
  again: z.boolean(),
})

export type BringUpSummary = z.infer<typeof summarySchema>

/** What an earlier call with the same options found, where its draft is still there. */
export async function earlierSummary(result: unknown, target: string): Promise<BringUpSummary | undefined> {
  const parsed = summarySchema.safeParse(result)
  if (!parsed.success) return undefined
  const { draft } = parsed.data
  try {
    const there = await readDraft(draft.folder, target)
    return there.contentHash === draft.contentHash ? { ...parsed.data, again: true } : undefined
  } catch (error) {
    if (error instanceof DraftError) return undefined
    throw error
  }
}

export interface ResultFacts {
  readonly model: ImportedTarget
  readonly options: BringUpCommandOptions
  readonly search: BringUpOptions
  /** What the prompts are called. */
  readonly prompts: string
  readonly incumbent: string | null
  readonly kept: boolean
  readonly output: string
}

/** Writes the draft and its card, whole or not at all. */
export function writeDraft({ contents: learned, card, report }: BroughtUp, facts: ResultFacts): BringUpSummary {
  const { model, options, search, incumbent, kept, output } = facts
  const contents = { ...learned, form: model.form }
  const files = encodeDraft(contents)
  const { id, contentHash, target, shape, precision = 'int8' } = decodeDraft(files)
  const text = renderBringUp(
    { ...contents, id, contentHash },
    { card, report },
    {
      ...{ targetName: model.id, command: commandOf(facts), steps: report.steps, batch: options.batch },
      ...{ completionTokensMax: options.completionTokens, sampledShare: options.sampledShare },
      ...{ learningRate: options.learningRate, target: targetRows(facts), machine: machineOf(search.threads) },
      ...{ incumbent, kept },
    },
  )
  writeDraftFolder(output, { ...files, 'README.md': new TextEncoder().encode(text) })
  const parameters = parameterCount(draftParameters(shape))
  return {
    ...{ name: model.id, target, folder: model.folder },
    draft: { id, contentHash, folder: output, parameters, precision },
    ...{ card: join(output, 'README.md'), kept, verdict: verdictSentence(report, { incumbent, kept }) },
    ...{ report, again: false },
  }
}

/** As it can be typed again, without this machine's folders. */
function commandOf({ model, options, search }: ResultFacts): string {
  return typedCommand(`foretoken target bring-up ${model.id}`, [
    ['prompts', options.prompts?.map((path) => path.split(/[\\/]/).at(-1)).join(' ')],
    ['prompts-max', options.promptsMax],
    ['budget', options.budget],
    ['weights', options.weights.join(',')],
    ['shapes', search.shapes.map(shapeName).join(',')],
    ['completion-tokens', options.completionTokens],
    ['sampled-share', options.sampledShare],
    ['batch', options.batch],
    ['learning-rate', options.learningRate],
    ['seed', options.seed],
    ['threads', search.threads],
  ])
}

/** As `model inspect` tells it, but for where it lies. */
function targetRows({ model, prompts }: ResultFacts): [string, string][] {
  const lines = renderModel(model.summary).split('\n')
  const rows = lines.map((line): [string, string] => [line.slice(0, 14).trim(), line.slice(14)])
  return [['name', model.id], ...rows.filter(([name]) => name !== 'path'), ['prompts', prompts]]
}

function machineOf(threads: number): string {
  const [cpu] = cpus()
  const gib = Math.round(totalmem() / 2 ** 30)
  return `${cpu?.model.trim() ?? 'an unknown processor'} (${cpus().length} cores, ${gib} GiB, ${threads} threads, Node ${process.version})`
}
