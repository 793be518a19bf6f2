import { type Command, Option } from 'commander'
import { integer, jsonOption } from '../options.ts'
import type { DemoOptions } from './demo.ts'

/** `foretoken demo`: four tenants whose drafts learn while they are served, each way of drafting side by side. */
export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('bring a platform up, let four tenants use it, and watch their drafts learn')
    .addOption(
      new Option('--target <name>', 'the small target that ships, or a public one of 135 M parameters that is fetched')
        .choices(['reference', 'smollm2'])
        .default('reference'),
    )
    .option('--model <model>', 'a Hugging Face folder that is served instead')
    .addOption(
      new Option('--weights <format>', 'precision of the weights').choices(['fp32', 'int8', 'int4']).default('fp32'),
    )
    .option('--device <provider>', 'execution provider of ONNX Runtime', 'cpu')
    .option('--threads <n>', 'threads of the worker (default: the cores)', integer(1, 1024))
    .option('--tenants <n>', 'how many of the four tenants take part', integer(1, 4), 4)
    .option('--tokens <n>', "tokens of a tenant's traffic that its draft is taught with", integer(1, 50_000))
    .option('--rounds <n>', 'rounds that are measured after learning', integer(1, 50))
    .option('--prompts <n>', 'new prompts of each tenant in a round', integer(1, 20))
    .addOption(jsonOption())
    .action(async (options: DemoOptions) => {
      const { demo } = await import('./demo.ts')
      await demo(options)
    })
}
