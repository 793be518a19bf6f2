import type { Command } from 'commander'
import { dataDirOption, jsonOption } from '../options.ts'
import { print, printJson } from '../output.ts'

/** `foretoken model import | inspect`. */
export function addModelCommand(program: Command): void {
  const model = program.command('model').description('target models')
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
