import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { PromptError, type PromptLine, readJsonLines } from '../asking/prompt-file.ts'

/** A request of some kind of traffic, for the target to answer. */
export interface DraftPrompt extends Pick<PromptLine, 'messages'> {
  readonly domain: string
}

/** JSON Lines of `{"prompt": …}` or `{"messages": […]}`; a file's name is its domain. Throws PromptError. */
export async function readPrompts(
  paths: readonly string[],
  perFileMax = Number.POSITIVE_INFINITY,
): Promise<DraftPrompt[]> {
  const domains = paths.map(domainOf)
  const twice = domains.find((domain, index) => domains.indexOf(domain) < index)
  if (twice !== undefined) throw new PromptError(`two files are named ${twice}, and a file's name is its domain`)
  const files = await Promise.all(
    paths.map(async (path) => {
      const lines = await readJsonLines(path, perFileMax)
      return lines.map(({ messages }) => ({ domain: domainOf(path), messages }))
    }),
  )
  return files.flat()
}

/** Tells one set of prompts from another, in hex: what a training run was given to learn from. */
export function promptsDigest(prompts: readonly DraftPrompt[]): string {
  const hash = createHash('sha256')
  for (const { domain, messages } of prompts) {
    hash.update(JSON.stringify([domain, ...messages.flatMap(({ role, content }) => [role, content])]))
  }
  return hash.digest('hex')
}

/** Generated text is stored under the domain's name, so it has to be a key of an object store. */
function domainOf(path: string): string {
  const domain = basename(path).replace(/\.jsonl$/, '')
  if (/^\w[\w.-]*$/.test(domain)) return domain
  throw new PromptError(`${path}: a file's name is its domain, and may only have letters, digits, ".", "_" and "-"`)
}
