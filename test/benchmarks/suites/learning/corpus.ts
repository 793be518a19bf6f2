import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { STATIC_DOMAINS } from './settings.ts'

/** One file of the corpus, played as a tenant. */
export interface Workload {
  readonly domain: string
  /** Whether the static draft was trained on this kind of traffic. */
  readonly seen: boolean
  /** In the order of the file: what the tenant asks while its adapter is not there yet. */
  readonly first: readonly string[]
  /** What it asks later: from the file's end, and never one of `first`. */
  readonly later: readonly string[]
}

/** The folder can't be played; `message` says what to mend. */
export class CorpusError extends Error {
  override readonly name = 'CorpusError'
}

const line = z.object({ prompt: z.string().min(1) })

/**
 * Reads each JSONL file of a folder. The held-out requests come from the end of the file, beyond what the static draft
 * was trained on, and none of their prompts comes twice or anywhere before.
 */
export async function readCorpus(folder: string, heldOut: number): Promise<Workload[]> {
  const names = await readdir(folder).catch(() => {
    throw new CorpusError(`${folder} can't be read. Name a folder of JSONL files with --corpus.`)
  })
  const files = names.filter((name) => name.endsWith('.jsonl')).sort()
  if (files.length === 0) throw new CorpusError(`${folder} holds no .jsonl file; each is played as a tenant.`)
  return await Promise.all(files.map((name) => readWorkload(join(folder, name), name, heldOut)))
}

async function readWorkload(path: string, name: string, heldOut: number): Promise<Workload> {
  const text = await readFile(path, 'utf8')
  const lines = text.split('\n').filter((each) => each.trim() !== '')
  const prompts = lines.map((each, index) => promptOf(each, `${name}:${index + 1}`))
  const places = new Map(prompts.map((prompt, index) => [prompt, index])) // of the last one, if it repeats
  const later = new Set<string>()
  for (let at = prompts.length - 1; at > prompts.length / 2 && later.size < heldOut; at--) {
    const prompt = prompts[at]
    if (prompt !== undefined && prompts.indexOf(prompt) === at && places.get(prompt) === at) later.add(prompt)
  }
  if (later.size < heldOut) throw new CorpusError(`${name} has too few requests: ${heldOut} are held out.`)
  const domain = name.replace(/\.jsonl$/, '')
  const first = prompts.filter((prompt) => !later.has(prompt))
  return { domain, seen: STATIC_DOMAINS.includes(domain), first, later: [...later] }
}

function promptOf(text: string, where: string): string {
  try {
    return line.parse(JSON.parse(text)).prompt
  } catch {
    throw new CorpusError(`${where} is no {"prompt": …}.`)
  }
}

/** A folder that can't be played ends the run with what to mend; anything else is a fault. */
export function refuse(error: unknown): never {
  if (!(error instanceof CorpusError)) throw error
  console.error(error.message)
  process.exit(2)
}
