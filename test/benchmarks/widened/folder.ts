import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodeDraft, readDraft } from '@foretoken/drafting'
import { inspectCheckpoint, targetFingerprint, targetForm } from '@foretoken/model'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { staticDraftFolder } from '@foretoken/static-draft'
import { decodeSafetensors, encodeSafetensors } from '@foretoken/storage'
import { z } from 'zod'
import { type Widening, widen } from './widen.ts'

/** A target and the static draft that belongs to it, each in a folder that the ordinary loaders open. */
export interface TargetFolders {
  readonly target: string
  readonly draft: string
}

export const REFERENCE: TargetFolders = { target: referenceTargetFolder, draft: staticDraftFolder }

export interface WidenedTarget extends TargetFolders {
  readonly parameters: number
  delete(): Promise<void>
}

export interface WidenOptions extends Widening {
  /** A folder that goes with `delete`; what was there before goes too. */
  readonly folder: string
  /** Absent: the reference's own. More of them change nothing but what a sequence may grow to. */
  readonly positionsMax?: number
}

/** Names a folder of the data that benchmarks keep between their parts. */
export function benchFolder(name: string): string {
  return fileURLToPath(new URL(`../../../.foretoken/bench/${name}`, import.meta.url))
}

/**
 * Writes the reference target, widened, as a Hugging Face folder, and the static draft that ships as one of a draft for
 * it: its hidden states and tokens are the same, so only the fingerprint of the target in the draft's configuration is
 * another. The weights of the draft, and so adapters for it, stay as they are.
 */
export async function writeWidened(options: WidenOptions): Promise<WidenedTarget> {
  const { folder } = options
  const [target, draft] = [join(folder, 'target'), join(folder, 'draft')]
  await rm(folder, { recursive: true, force: true })
  await mkdir(target, { recursive: true })
  await mkdir(draft, { recursive: true })
  await writeTarget(target, options)
  const artifact = await readDraft(staticDraftFolder, await targetFingerprint(referenceTargetFolder))
  const files = encodeDraft({ ...artifact, target: await targetFingerprint(target), form: await targetForm(target) })
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(draft, name), bytes)
  const { parameters } = await inspectCheckpoint(target)
  return { target, draft, parameters, delete: () => rm(folder, { recursive: true, force: true }) }
}

const configSchema = z.looseObject({
  intermediate_size: z.int(),
  num_hidden_layers: z.int(),
  max_position_embeddings: z.int(),
})

async function writeTarget(folder: string, { copies, layers, positionsMax }: WidenOptions): Promise<void> {
  for (const name of ['tokenizer.json', 'tokenizer_config.json', 'generation_config.json']) {
    await cp(join(referenceTargetFolder, name), join(folder, name))
  }
  const config = configSchema.parse(JSON.parse(await readFile(join(referenceTargetFolder, 'config.json'), 'utf8')))
  const { intermediate_size: feedForwardSize, num_hidden_layers: ownLayers } = config
  const { tensors } = decodeSafetensors(await readFile(join(referenceTargetFolder, 'model.safetensors')))
  const widened = widen(tensors, ownLayers, { copies, layers })
  await writeFile(join(folder, 'model.safetensors'), encodeSafetensors(widened))
  const changed = {
    intermediate_size: feedForwardSize * copies,
    num_hidden_layers: layers,
    max_position_embeddings: positionsMax ?? config.max_position_embeddings,
  }
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, ...changed }, null, 2))
}
