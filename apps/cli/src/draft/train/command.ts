import type { Command } from 'commander'
import { dataDirOption, fraction, integer, jsonOption } from '../../options.ts'
import type { TrainOptions } from './options.ts'

/** `foretoken draft train`: a static draft for a target, from prompts. */
export function addTrainCommand(draft: Command): void {
  draft
    .command('train')
    .description('train the static draft of a target on its own answers to prompts')
    .requiredOption('--prompts <file...>', 'JSON Lines of {"prompt": …} or {"messages": […]}; a name is a domain')
    .option('--target <model>', 'a Hugging Face folder or an imported model (default: the reference target)')
    .option('--output <folder>', 'for draft.json, draft.safetensors and the card (default: <data-dir>/drafts/TARGET)')
    .option('--force', 'write them into a folder that holds other things too', false)
    .option('--work <folder>', 'where answers and checkpoints are kept (default: <data-dir>/training/FINGERPRINT)')
    .option('--restart', 'drop the checkpoint of an interrupted run; answers are kept', false)
    .option('--prompts-max <n>', 'how many prompts of each file (default: all)', integer(1, 1e9))
    .option('--completion-tokens <n>', 'longest answer', integer(1, 65_536), 160)
    .option('--sampled-share <share>', 'share of the answers that are sampled, not greedy', fraction(0, 1), 0.3)
    .option('--steps <n>', 'training steps', integer(1, 1e7), 8_000)
    .option('--batch <n>', 'positions in a step', integer(1, 65_536), 256)
    .option('--learning-rate <rate>', 'the highest one; it falls along a cosine', fraction(0, 1), 3e-3)
    .option('--vocabulary <n>', 'tokens that it can propose: the most frequent ones', integer(1, 1e6), 1_536)
    .option('--state <n>', 'width of its state', integer(1, 16_384), 384)
    .option('--seed <n>', 'of first weights and order', integer(0, 2 ** 31 - 1), 1)
    .option('--threads <n>', 'threads (default: the cores)', integer(1, 1024))
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (options: TrainOptions) => {
      const { train } = await import('./train.ts')
      await train(options)
    })
}

const HELP = `
A run that is stopped or killed goes on when the same command is given again: answers are kept every 16 prompts,
weights every 100 steps and at the first Ctrl-C. Runs of one target share their answers.`
