import { basename } from 'node:path'
import { type DraftPrompt, readPrompts } from '@foretoken/learning'
import { openQuestions, referenceWorkloads, type Workload } from '@foretoken/workloads'
import { REFERENCE_MODEL } from '../resolve.ts'

export interface BringUpPrompts {
  readonly prompts: readonly DraftPrompt[]
  /** What a card calls them. */
  readonly called: string
}

/**
 * The prompts of these files; where there are none, questions to a general assistant of sixteen kinds, or what the
 * reference target was trained on. Throws PromptError.
 */
export async function promptsFor(
  model: string,
  { prompts: files, promptsMax }: { readonly prompts?: readonly string[]; readonly promptsMax?: number },
): Promise<BringUpPrompts> {
  if (files)
    return { prompts: await readPrompts(files, promptsMax), called: files.map((file) => basename(file)).join(' ') }
  const isReference = model === REFERENCE_MODEL
  const workloads = isReference ? referenceWorkloads : openQuestions
  return {
    prompts: workloads.flatMap((workload) => firstOf(workload, promptsMax ?? PROMPTS)),
    called: `packages/workloads, ${isReference ? 'reference' : 'open'}, seed 1: ${workloads.map(({ name }) => name).join(' ')}`,
  }
}

/** Of each kind, where the budget allows: more than a thousand of one kind begin to repeat themselves. */
const PROMPTS = 1_000

function firstOf({ name, prompts }: Workload, count: number): DraftPrompt[] {
  const chosen: DraftPrompt[] = []
  for (const messages of prompts(1)) {
    if (chosen.length >= count) break
    chosen.push({ domain: name, messages })
  }
  return chosen
}
