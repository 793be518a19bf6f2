import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { contentHash } from './adapter.ts'
import { type DraftPrecision, type DraftShape, draftParameters } from './shape.ts'
import { DraftError, decodeParameters, encodeParameters, type Parameters } from './tensors.ts'

/** A static draft as it is stored: `draft.safetensors` and `draft.json`, with a card for people beside them. */
export interface DraftArtifact {
  /** `static-` and the first digits of the weights' hash: equal weights have equal names. */
  readonly id: string
  /** SHA-256 of draft.safetensors, in hex: what adapters name as their base. */
  readonly contentHash: string
  /** `targetFingerprint` of the target whose hidden states it reads. */
  readonly target: string
  /** `targetForm` of that target; null in a draft of before that was written down. */
  readonly form: string | null
  readonly shape: DraftShape
  readonly parameters: Parameters
  /** [V] target ids of the draft vocabulary, most frequent first. */
  readonly tokens: Int32Array
  /** acceptance[i]: on held-out text, the share of draft tokens at position i that survived, given those before. */
  readonly acceptance: readonly number[]
  /** What its arithmetic runs in, where somebody found another precision than 8 bits to pay. */
  readonly precision?: DraftPrecision
}

export const DRAFT_FORMAT = 'foretoken-recurrent-draft/2'
export const DRAFT_WEIGHTS_FILE = 'draft.safetensors'
export const DRAFT_CONFIG_FILE = 'draft.json'

const size = z.int().positive()
const configSchema = z.strictObject({
  format: z.literal(DRAFT_FORMAT),
  target: z.string(),
  form: z.string().optional(),
  shape: z.strictObject({
    hiddenSize: size,
    stateSize: size,
    vocabularySize: size,
    markovRank: size,
    pointer: z.strictObject({ rank: size, window: size }),
    adapter: z.strictObject({ rank: size, hotSize: size, markovRank: size }),
  }),
  acceptance: z.array(z.number().min(0).max(1)),
  precision: z.enum(['fp32', 'int8']).optional(),
})

export interface DraftContents extends Omit<DraftArtifact, 'id' | 'contentHash' | 'form'> {
  readonly form?: string | null
}

/** The two files. Half precision: what is written is what will be served. */
export function encodeDraft(draft: DraftContents): Record<string, Uint8Array> {
  const { target, form, shape, acceptance, precision } = draft
  const optional = { ...(form && { form }), ...(precision && { precision }) }
  const config = { format: DRAFT_FORMAT, target, shape, acceptance, ...optional }
  return {
    [DRAFT_WEIGHTS_FILE]: encodeParameters(draftParameters(shape), draft.parameters, draft.tokens),
    [DRAFT_CONFIG_FILE]: new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`),
  }
}

/** Throws DraftError. */
export function decodeDraft(files: Readonly<Record<string, Uint8Array>>): DraftArtifact {
  const [weights, text] = [files[DRAFT_WEIGHTS_FILE], files[DRAFT_CONFIG_FILE]]
  if (!weights || !text) throw new DraftError(`${weights ? DRAFT_CONFIG_FILE : DRAFT_WEIGHTS_FILE} is missing`)
  const config = configSchema.safeParse(parseJson(text))
  if (!config.success) throw new DraftError(`${DRAFT_CONFIG_FILE} is not understood: ${z.prettifyError(config.error)}`)
  const { target, form = null, shape, acceptance, precision } = config.data
  const { values, tokens } = decodeParameters(weights, draftParameters(shape))
  if (tokens.length !== shape.vocabularySize) throw new DraftError('the vocabulary is not of the size it says')
  const hash = contentHash(weights)
  const identity = { id: `static-${hash.slice(0, 12)}`, contentHash: hash, target, form }
  return { ...identity, shape, parameters: values, tokens, acceptance, ...(precision && { precision }) }
}

/**
 * Reads a draft's folder. Throws DraftError.
 *
 * @param target `targetFingerprint` of the target that it is to draft for: the hidden states of another mean nothing to
 * it. Absent where it is only looked at.
 * @param form `targetForm` of that target. Given, a draft of other weights of the same form is taken over: it drafts
 * worse the further training has moved the target, never wrongly, until one is trained anew.
 */
export async function readDraft(folder: string, target?: string, form?: string): Promise<DraftArtifact> {
  const names = [DRAFT_WEIGHTS_FILE, DRAFT_CONFIG_FILE]
  const read = async (name: string) => [name, await readFile(join(folder, name)).catch(() => undefined)] as const
  const files = await Promise.all(names.map(read))
  const draft = decodeDraft(Object.fromEntries(files.flatMap(([name, bytes]) => (bytes ? [[name, bytes]] : []))))
  if (target === undefined || draft.target === target) return draft
  if (form !== undefined && draft.form === form) return draft
  throw new DraftError(`it was trained for the target ${draft.target.slice(0, 12)}…, not for ${target.slice(0, 12)}…`)
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw new DraftError(`${DRAFT_CONFIG_FILE} is not JSON`)
  }
}
