import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readConfig } from './config.ts'

/**
 * What targets that differ in their weights alone have in common, in hex: tokenizer and shape. Tokens mean the same and
 * hidden states are as wide, so a draft that reads one can read the other; how well it then drafts is to be measured.
 *
 * How config.json and tokenizer.json are written does not count, nor what a training run leaves in them that is not part
 * of the model: its file format, end tokens that only serving reads, padding.
 */
export async function targetForm(folder: string): Promise<string> {
  const { eosIds: _, ...shape } = await readConfig(folder)
  const {
    padding: __,
    truncation: ___,
    ...tokenizer
  } = JSON.parse(await readFile(join(folder, 'tokenizer.json'), 'utf8'))
  return createHash('sha256').update(JSON.stringify(shape)).update(JSON.stringify(tokenizer)).digest('hex')
}

/** Whether two targets have the same tokenizer and the same shape, so that one may be the other after more training. */
export async function haveSameForm(folder: string, other: string): Promise<boolean> {
  const [form, otherForm] = await Promise.all([targetForm(folder), targetForm(other)])
  return form === otherForm
}
