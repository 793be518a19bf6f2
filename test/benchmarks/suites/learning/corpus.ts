import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { referenceWorkloads, tenantWorkloads, textsOf } from '@foretoken/workloads'
import { z } from 'zod'
import type { BenchTarget } from '../../bench-target.ts'
import { STATIC_DOMAINS } from './settings.ts'
import type { Prompt } from './world.ts'

/** One kind of traffic, played as a tenant: a workload of the project, or a file of a corpus. */
export interface Workload {
  readonly domain: string
  /** Whether the static draft was trained on this kind of traffic. */
  readonly seen: boolean
  /** In order: what the tenant asks while its adapter is not there yet. */
  readonly first: readonly Prompt[]
  /** What it asks later: from the end, and never one of `first`. */
  readonly later: readonly Prompt[]
}

/** The folder can't be played; `message` says what to mend. */
export class CorpusError extends Error {
  override readonly name = 'CorpusError'
}

const line = z.object({ prompt: z.string().min(1) })

/**
 * The workloads of a corpus, or those that the project brings along for a target. The held-out requests come from the
 * end, and none of their prompts comes twice or anywhere before.
 */
export async function readWorkloads(
  corpus: string | undefined,
  heldOut: number,
  { isReference }: Pick<BenchTarget, 'isReference'>,
): Promise<Workload[]> {
  if (corpus === undefined) return isReference ? referenceTenants(heldOut) : generalTenants(heldOut)
  const workloads = await readCorpus(corpus, heldOut)
  return isReference ? workloads : workloads.map((workload) => ({ ...workload, seen: false }))
}

/** Of each workload of the project: more than any suite asks for. */
const OWN_PROMPTS = 3_000
const OWN_SEED = 1

function referenceTenants(heldOut: number): Workload[] {
  return referenceWorkloads.map((workload) => {
    const texts = textsOf(workload, OWN_SEED)
    return split(
      workload.name,
      Array.from({ length: OWN_PROMPTS }, () => texts.next().value),
      heldOut,
    )
  })
}

/** Chats of a system prompt, examples and a request, of kinds that no static draft is trained on. */
function generalTenants(heldOut: number): Workload[] {
  return tenantWorkloads.map((workload) => {
    const chats = workload.prompts(OWN_SEED)
    const all = Array.from({ length: GENERAL_PROMPTS + heldOut }, () => chats.next().value)
    return { domain: workload.name, seen: false, first: all.slice(0, -heldOut), later: all.slice(-heldOut) }
  })
}

const GENERAL_PROMPTS = 800

async function readCorpus(folder: string, heldOut: number): Promise<Workload[]> {
  const names = await readdir(folder).catch(() => {
    throw new CorpusError(`${folder} can't be read. Name a folder of JSONL files with --corpus.`)
  })
  const files = names.filter((name) => name.endsWith('.jsonl')).sort()
  if (files.length === 0) throw new CorpusError(`${folder} holds no .jsonl file; each is played as a tenant.`)
  return await Promise.all(
    files.map(async (name) => {
      const text = await readFile(join(folder, name), 'utf8')
      const lines = text.split('\n').filter((each) => each.trim() !== '')
      const prompts = lines.map((each, index) => promptOf(each, `${name}:${index + 1}`))
      return split(name.replace(/\.jsonl$/, ''), prompts, heldOut)
    }),
  )
}

function split(domain: string, prompts: readonly string[], heldOut: number): Workload {
  const places = new Map(prompts.map((prompt, index) => [prompt, index])) // of the last one, if it repeats
  const later = new Set<string>()
  for (let at = prompts.length - 1; at > prompts.length / 2 && later.size < heldOut; at--) {
    const prompt = prompts[at]
    if (prompt !== undefined && prompts.indexOf(prompt) === at && places.get(prompt) === at) later.add(prompt)
  }
  if (later.size < heldOut) throw new CorpusError(`${domain} has too few requests: ${heldOut} are held out.`)
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
