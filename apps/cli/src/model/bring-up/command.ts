import { type Command, InvalidArgumentError, Option } from 'commander'
import { dataDirOption, fraction, integer, jsonOption } from '../../options.ts'
import type { BringUpCommandOptions } from './options.ts'

/** `foretoken target bring-up`: from a model's folder to a target that is served with a draft of its own. */
export function addBringUpCommand(target: Command): void {
  target
    .command('bring-up <model>')
    .description('import a model, find and train a static draft for it, and have `up --model NAME` serve both')
    .option('--name <name>', "the model's name in requests (default: the folder's or file's)")
    .option(
      '--prompts <file...>',
      'JSON Lines of {"prompt": …} or {"messages": […]} (default: prompts that come along)',
    )
    .option('--prompts-max <n>', 'how many prompts of each file (default: all that time allows)', integer(1, 1e9))
    .option('--budget <minutes>', 'about how long it may take, by the pace at its start', fraction(0.01, 100_000), 30)
    .addOption(
      new Option('--weights <formats>', 'precisions to measure, the one that decides first: fp32,int8,int4')
        .argParser(weights)
        .default(FP32, 'fp32'),
    )
    .option('--shapes <shapes>', 'STATExVOCABULARYxCHAIN,… (default: six around what was good for others)', shapes)
    .option('--completion-tokens <n>', 'longest answer', integer(1, 65_536), 160)
    .option('--sampled-share <share>', 'share of the answers that are sampled, not greedy', fraction(0, 1), 0.3)
    .option('--batch <n>', 'positions in a training step', integer(1, 65_536), 256)
    .option('--learning-rate <rate>', 'the highest one; it falls along a cosine', fraction(0, 1), 3e-3)
    .option('--seed <n>', 'of first weights and order', integer(0, 2 ** 31 - 1), 1)
    .option('--threads <n>', 'threads (default: the cores)', integer(1, 1024))
    .option('--restart', 'begin again what was interrupted or has ended; answers are kept', false)
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (model: string, options: BringUpCommandOptions) => {
      const { bringUp } = await import('./bring-up.ts')
      await bringUp(model, options)
    })
}

const FP32: BringUpCommandOptions['weights'] = ['fp32']
const FORMATS = ['fp32', 'int8', 'int4'] as const

const HELP = `
The model is a Hugging Face folder, a GGUF file, the name of an imported model, or reference-target. It is stopped by
Ctrl-C and goes on when the same command is given again; answers are shared with \`draft train\`. A draft that serves
already is only replaced by a better one. The card beside the draft, README.md, tells what was tried.`

function weights(text: string): BringUpCommandOptions['weights'] {
  const formats = text.split(',').map((each) => FORMATS.find((format) => format === each.trim()))
  const [first, ...rest] = formats.flatMap((format) => (format ? [format] : []))
  if (first && rest.length + 1 === formats.length && new Set(formats).size === formats.length) return [first, ...rest]
  throw new InvalidArgumentError(`Expected some of ${FORMATS.join(', ')}, with commas between them.`)
}

/** Only their form: what they mean is known where they are trained. */
function shapes(text: string): NonNullable<BringUpCommandOptions['shapes']> {
  return text.split(',').map((each) => {
    const [state = 0, vocabulary = 0, chain = 0] = /^(\d+)x(\d+)x(\d+)$/.exec(each.trim())?.slice(1).map(Number) ?? []
    const known = state > 0 && state <= 16_384 && vocabulary > 0 && vocabulary <= 1e6 && chain > 1 && chain <= 16
    if (known) return { state, vocabulary, chain }
    throw new InvalidArgumentError(
      `"${each.trim()}" is no shape. Expected STATExVOCABULARYxCHAIN, such as 384x1536x5: a state up to 16384, a chain of 2 to 16.`,
    )
  })
}
