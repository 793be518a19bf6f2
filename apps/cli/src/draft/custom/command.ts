import { constants, setPriority } from 'node:os'
import type { Command } from 'commander'
import { integer, queueUrlOption, withLearningOptions } from '../../options.ts'
import { log } from '../../output.ts'
import type { CustomOptions } from './options.ts'

/** `foretoken draft custom`: a tenant's draft from its history, before its first request. */
export function addCustomCommand(draft: Command): void {
  withLearningOptions(draft.command('custom'))
    .description("teach a tenant's draft from a history that the target answers, and use it at once if it is better")
    .requiredOption('--tenant <tenant>', 'by name or id')
    .requiredOption('--prompts <file...>', 'a prompt a line, or JSON Lines of {"prompt": …} or {"messages": […]}')
    .option('--target <model>', 'the model that the platform serves (default: the reference target)')
    .option('--tokens <n>', 'completion tokens to learn from', integer(1_000, 1e7), 10_000)
    .option('--threads <n>', 'threads (default: the cores; one beside a platform that runs here)', integer(1, 1024))
    .option('--wait', 'follow the training run and say what it found; fails only if the run fails', false)
    .addOption(queueUrlOption())
    .addHelpText('after', HELP)
    .action(async (options: CustomOptions) => {
      yieldToServing()
      const { custom } = await import('./custom.ts')
      await custom(options)
    })
}

const HELP = `
Of a conversation, every turn of a user is a prompt with what came before it in the file; the target gives the answers.
Prompts are taken in an order of their own until there are enough tokens, and each is answered once: a call that was
stopped or killed goes on when it is given again, and a file that grew costs what is new. A run learns from a tenant's
newest 20,000 tokens, or as many as FORETOKEN_TRAIN_TOKENS_MAX tells its trainer.`

/** Serving comes first: the system gives this process what is left. */
function yieldToServing(): void {
  try {
    setPriority(constants.priority.PRIORITY_LOW)
  } catch (error) {
    log(`The priority could not be lowered (${error instanceof Error ? error.message : error}).`)
  }
}
