import type { Command } from 'commander'
import { dataDirOption, jsonOption } from '../options.ts'
import { print, printJson } from '../output.ts'
import { addBringUpCommand } from './bring-up/command.ts'

/**
 * `foretoken target bring-up`, `foretoken model import | inspect`. One noun with two names: `model` is what requests and
 * `up --model` call it, `target` what it is to a draft; a command is found under either.
 */
export function addModelCommand(program: Command): void {
  const model = program
    .command('model')
    .alias('target')
    .description('target models: check, import, bring up with a draft')
  addBringUpCommand(model)
  model
    .command('import <path>')
    .description('check a Hugging Face folder or a GGUF file and bring it into the data folder, for `up --model NAME`')
    .option('--name <name>', "the model's name in requests (default: the folder's or file's)")
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(async (path: string, options: { name?: string; dataDir: string; json: boolean }) => {
      const { importModel } = await import('./import.ts')
      const imported = await importModel(path, options)
      if (options.json) printJson(imported)
      else print(`Imported ${imported.id} to ${imported.folder}. Serve it: foretoken up --model ${imported.id}`)
    })
  model
    .command('inspect <path>')
    .description('what a Hugging Face folder or a GGUF file holds, and whether it can be served')
    .addOption(jsonOption())
    .action(async (path: string, options: { json: boolean }) => {
      const { inspectModel, renderModel } = await import('./inspect.ts')
      const summary = await inspectModel(path)
      if (options.json) printJson(summary)
      else print(renderModel(summary))
    })
}
