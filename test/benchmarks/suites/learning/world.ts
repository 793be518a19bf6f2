import {
  type DraftArtifact,
  RecurrentDraft,
  RecurrentSpeculator,
  readDraft,
  SuffixSpeculator,
} from '@foretoken/drafting'
import { type DecodeReport, type Engine, startEngine } from '@foretoken/engine'
import {
  type LoadedModel,
  loadModel,
  readTokenTables,
  type TokenTables,
  targetFingerprint,
  type WeightFormat,
} from '@foretoken/model'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { staticDraftFolder } from '@foretoken/static-draft'
import type { Parts } from './parts.ts'
import type { Settings } from './settings.ts'

/** The target with its drafts, as a worker has them, and an engine. */
export interface Models {
  readonly model: LoadedModel
  readonly target: string
  readonly tables: TokenTables
  readonly artifact: DraftArtifact
  readonly draft: RecurrentDraft
  readonly suffix: SuffixSpeculator
  readonly neural: RecurrentSpeculator
  readonly engine: Engine
  /** What each step of the engine reports goes here while it is set. */
  watch(observer: ((report: DecodeReport) => void) | undefined): void
  /** Adapters that the engine took out of service by itself, by tenant. */
  readonly demoted: ReadonlyMap<string, string>
  close(): Promise<void>
}

export interface World extends Models {
  readonly settings: Settings
  readonly parts: Parts
  log(line: string): void
}

export interface ModelsOptions {
  readonly weights?: WeightFormat
  /** Absent: one for each core. */
  readonly threads?: number
  readonly sequencesMax?: number
}

export async function openModels(options: ModelsOptions = {}): Promise<Models> {
  const { weights = 'fp32', sequencesMax = 1, ...threads } = options
  const model = await loadModel(referenceTargetFolder, { weights, ...threads })
  const target = await targetFingerprint(model.folder)
  const artifact = await readDraft(staticDraftFolder)
  if (artifact.target !== target)
    throw new Error('The static draft that ships belongs to another target: train it anew.')
  const tables = await readTokenTables(model.folder)
  const draft = await RecurrentDraft.open(artifact, tables, threads)
  const suffix = new SuffixSpeculator({ endIds: model.tokenizer.eosIds })
  const demoted = new Map<string, string>()
  const neural = new RecurrentSpeculator(draft, {
    load: () => Promise.reject(new Error('adapters are adopted here, not loaded')),
    onRefused: () => {},
    onDemoted: (tenant, _ref, reason) => demoted.set(tenant, reason),
  })
  let observer: ((report: DecodeReport) => void) | undefined
  const engine = await startEngine(model, [suffix, neural], {
    sequencesMax,
    observer: { decode: (report) => observer?.(report) },
  })
  const close = async () => {
    await engine.drain()
    await draft.close()
    await model.target.close()
  }
  const watch = (next: typeof observer) => {
    observer = next
  }
  return { model, target, tables, artifact, draft, suffix, neural, engine, watch, demoted, close }
}

export function tokensOf({ model }: Pick<Models, 'model'>, prompt: string): readonly number[] {
  return model.tokenizer.encodeChat([{ role: 'user', content: prompt }], { addGenerationPrompt: true })
}
