import { PromptError, type PromptLine, readPromptFile } from '../asking/prompt-file.ts'

/**
 * What a tenant's users asked before, from files of prompts or of whole conversations. Every turn of a user is a prompt,
 * and what came before it in the file is its context, the answers that were given then included: the next request of a
 * conversation carries those, whoever wrote them. The answer after it is left out: the target gives its own.
 *
 * @throws PromptError that names the first line at fault
 */
export async function readHistory(paths: readonly string[]): Promise<PromptLine[]> {
  const files: PromptLine[][] = []
  for (const path of paths) files.push((await readPromptFile(path)).flatMap(turnsOf))
  return files.flat()
}

function turnsOf({ where, messages }: PromptLine): PromptLine[] {
  const turns = messages.flatMap(({ role }, at) =>
    role === 'user' ? [{ where, messages: messages.slice(0, at + 1) }] : [],
  )
  if (turns.length === 0) throw new PromptError(`${where} has no turn of a user, so there is nothing to answer`)
  return turns
}
