import { type Command, Option } from 'commander'
import { integer, jsonOption } from '../options.ts'
import type { DemoOptions } from './demo.ts'

/** `foretoken demo`: four tenants, with and without drafts, side by side. */
export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('bring a platform up, let four tenants use it, and compare plain with speculative decoding')
    .option('--model <model>', 'a Hugging Face folder (default: the reference target)')
    .addOption(
      new Option('--weights <format>', 'precision of the weights').choices(['fp32', 'int8', 'int4']).default('fp32'),
    )
    .option('--device <provider>', 'execution provider of ONNX Runtime', 'cpu')
    .option('--threads <n>', 'threads of the worker (default: the cores)', integer(1, 1024))
    .option(
      '--rounds <n>',
      'how often each prompt is sent; later rounds show what repetition gains',
      integer(1, 100),
      2,
    )
    .option('--prompts <n>', 'how many prompts of each tenant (default: all)', integer(1, 1000))
    .addOption(jsonOption())
    .action(async (options: DemoOptions) => {
      const { demo } = await import('./demo.ts')
      await demo(options)
    })
}
