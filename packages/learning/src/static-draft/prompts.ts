import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { z } from 'zod'

/** A request of some kind of traffic, for the target to answer. */
export interface DraftPrompt {
  readonly domain: string
  readonly messages: readonly { readonly role: string; readonly content: string }[]
}

const message = z.object({ role: z.string(), content: z.string() })
const line = z.union([z.object({ messages: z.array(message).min(1) }), z.object({ prompt: z.string().min(1) })])

/** Prompts that can't be learned from; `message` names the file, and the line where there is one. */
export class PromptError extends Error {
  override readonly name = 'PromptError'
}

/** JSON Lines of `{"prompt": …}` or `{"messages": […]}`; a file's name is its domain. Throws PromptError. */
export async function readPrompts(
  paths: readonly string[],
  perFileMax = Number.POSITIVE_INFINITY,
): Promise<DraftPrompt[]> {
  const domains = paths.map(domainOf)
  const twice = domains.find((domain, index) => domains.indexOf(domain) < index)
  if (twice !== undefined) throw new PromptError(`two files are named ${twice}, and a file's name is its domain`)
  const files = await Promise.all(paths.map((path) => readFile1(path, perFileMax)))
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

async function readFile1(path: string, most: number): Promise<DraftPrompt[]> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new PromptError(`${path} can't be read`)
  })
  const domain = domainOf(path)
  const prompts: DraftPrompt[] = []
  for (const [index, each] of text.split('\n').entries()) {
    if (prompts.length >= most) break
    if (each.trim() !== '') prompts.push({ domain, messages: parse(each, `${path}:${index + 1}`) })
  }
  if (prompts.length === 0) throw new PromptError(`${path} holds no prompts`)
  return prompts
}

/** Generated text is stored under the domain's name, so it has to be a key of an object store. */
function domainOf(path: string): string {
  const domain = basename(path).replace(/\.jsonl$/, '')
  if (/^\w[\w.-]*$/.test(domain)) return domain
  throw new PromptError(`${path}: a file's name is its domain, and may only have letters, digits, ".", "_" and "-"`)
}

function parse(text: string, where: string): DraftPrompt['messages'] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new PromptError(`${where} is not JSON`)
  }
  const parsed = line.safeParse(value)
  if (!parsed.success) throw new PromptError(`${where} has neither "prompt" nor "messages"`)
  return 'messages' in parsed.data ? parsed.data.messages : [{ role: 'user', content: parsed.data.prompt }]
}
