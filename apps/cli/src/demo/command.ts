import { type Command, Option } from 'commander'
import { integer, jsonOption } from '../options.ts'
import type { DemoOptions } from './demo.ts'

/** As many as start a run by themselves on a platform with its defaults. */
const TOKENS = 4_000

/** `foretoken demo`: four tenants whose drafts learn while they are served, each way of drafting side by side. */
export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('bring a platform up, let four tenants use it, and watch their drafts learn')
    .option('--model <model>', 'a Hugging Face folder (default: the reference target)')
    .addOption(
      new Option('--weights <format>', 'precision of the weights').choices(['fp32', 'int8', 'int4']).default('fp32'),
    )
    .option('--device <provider>', 'execution provider of ONNX Runtime', 'cpu')
    .option('--threads <n>', 'threads of the worker (default: the cores)', integer(1, 1024))
    .option('--tenants <n>', 'how many of the four tenants take part', integer(1, 4), 4)
    .option('--tokens <n>', "tokens of a tenant's traffic that its draft is taught with", integer(1, 20_000), TOKENS)
    .option('--rounds <n>', 'rounds that are measured after learning', integer(1, 50), 3)
    .option('--prompts <n>', 'new prompts of each tenant in a round', integer(1, 20), 6)
    .addOption(jsonOption())
    .action(async (options: DemoOptions) => {
      const { demo } = await import('./demo.ts')
      await demo(options)
    })
}
