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
import type { Message } from '@foretoken/workloads'
import { COMPLETION_TOKENS_MAX } from '../../bench-target.ts'
import { REFERENCE, type TargetFolders } from '../../widened/folder.ts'
import type { Parts } from './parts.ts'
import type { Settings } from './settings.ts'

/**
 * The target with its drafts, as a worker has them, and an engine: unless told otherwise, for one request at a time.
 */
export interface Models {
  readonly model: LoadedModel
  readonly target: string
  readonly tables: TokenTables
  readonly artifact: DraftArtifact
  readonly draft: RecurrentDraft
  readonly suffix: SuffixSpeculator
  readonly neural: RecurrentSpeculator
  readonly engine: Engine
  /** Of one request. */
  readonly completionTokensMax: number
  /** Whether a token can't depend on what else was in the run that chose it, so that all ways must give the same. */
  readonly exact: boolean
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

export interface ModelOptions {
  readonly folders?: TargetFolders
  readonly weights?: WeightFormat
  /** Absent: one for each core. */
  readonly threads?: number
  readonly sequencesMax?: number
  /** Absent: 0, so that whoever sends a prompt second has no advantage. */
  readonly prefixCacheShare?: number
  readonly completionTokensMax?: number
}

/** What a user says, or a chat that ends with that. */
export type Prompt = string | readonly Message[]

export async function openModels(options: ModelOptions = {}): Promise<Models> {
  const { folders = REFERENCE, weights = 'fp32', sequencesMax = 1, prefixCacheShare = 0 } = options
  const { completionTokensMax = COMPLETION_TOKENS_MAX, threads: count } = options
  const threads = count === undefined ? {} : { threads: count }
  const model = await loadModel(folders.target, { weights, ...threads })
  const target = await targetFingerprint(model.folder)
  const artifact = await readDraft(folders.draft, target)
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
    prefixCacheShare,
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
  const exact = weights === 'fp32' || model.target.ragged // on the compiled kernels
  const parts = { model, target, tables, artifact, draft, suffix, neural, engine }
  return { ...parts, completionTokensMax, exact, watch, demoted, close }
}

export function tokensOf({ model }: Pick<Models, 'model'>, prompt: Prompt): readonly number[] {
  const chat = typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt
  return model.tokenizer.encodeChat(
    chat.map(({ role, content }) => ({ role, content })),
    { addGenerationPrompt: true },
  )
}
