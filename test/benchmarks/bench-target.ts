import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { WeightFormat } from '@foretoken/model'
import { fetchSmolLM2, smollm2DraftFolder } from '@foretoken/smollm2'
import { REFERENCE, type TargetFolders } from './widened/folder.ts'

/** Longest answers of the reference target, wherever one plays it. */
export const COMPLETION_TOKENS_MAX = 160

/** What a suite plays: a target with its static draft, how its weights are held, and how its tenants are served. */
export interface BenchTarget {
  readonly name: string
  readonly folders: TargetFolders
  /** For suites that compare precisions; others take the first. */
  readonly precisions: readonly [WeightFormat, ...WeightFormat[]]
  /** Of one request. */
  readonly completionTokensMax: number
  /** Positions that the longest request of its workloads needs; llama.cpp reserves them all. */
  readonly contextMax?: number
  /**
   * Of cache memory, for what prompts of one tenant begin with alike. The reference's have nothing in common; others
   * send a system prompt and examples with each request, which no server would compute anew.
   */
  readonly prefixCacheShare: number
  /** Its tenants are the kinds of traffic that the reference target knows. */
  readonly isReference: boolean
}

export interface TargetChoice {
  /** `reference`, `smollm2`, or a Hugging Face folder. */
  readonly target?: string | undefined
  /** The folder of its static draft. */
  readonly draft?: string | undefined
  readonly weights?: string | undefined
  readonly quick: boolean
}

/** A target that can't be played; `message` says what to mend. */
export class TargetError extends Error {
  override readonly name = 'TargetError'
}

/** The target of a command line: the reference in fp32, unless told otherwise. Throws TargetError or SmolLM2Error. */
export async function chooseTarget(choice: TargetChoice): Promise<BenchTarget> {
  const { target = 'reference', draft, weights, quick } = choice
  if (target === 'reference') {
    const precisions = precisionsOf(weights, ['fp32', 'int8'])
    const folders = { ...REFERENCE, ...(draft !== undefined && { draft: resolve(draft) }) }
    const completionTokensMax = COMPLETION_TOKENS_MAX
    return { name: target, folders, precisions, completionTokensMax, prefixCacheShare: 0, isReference: true }
  }
  const smollm2 = target === 'smollm2'
  const drafts = draft ?? (smollm2 ? smollm2DraftFolder : undefined)
  if (drafts === undefined) throw new TargetError(`Name the static draft of ${target} with --draft FOLDER.`)
  if (!existsSync(join(drafts, 'draft.json')))
    throw new TargetError(
      `There is no static draft in ${drafts}. Name one with --draft, or train it: foretoken draft train`,
    )
  return {
    name: basename(target),
    folders: {
      target: smollm2 ? await fetchSmolLM2(CACHE, (line) => console.error(line)) : resolve(target),
      draft: resolve(drafts),
    },
    precisions: precisionsOf(weights, quick ? ['int8'] : ['fp32', 'int8']),
    completionTokensMax: 120,
    contextMax: 1_024,
    prefixCacheShare: 0.25,
    isReference: false,
  }
}

/** Where `foretoken up --model smollm2` finds it as well. */
const CACHE = fileURLToPath(new URL('../../.foretoken/models', import.meta.url))

function precisionsOf(weights: string | undefined, usual: BenchTarget['precisions']): BenchTarget['precisions'] {
  if (weights === undefined) return usual
  if (weights === 'fp32' || weights === 'int8') return [weights]
  throw new TargetError(`--weights ${weights}: the suites measure fp32 and int8.`)
}
