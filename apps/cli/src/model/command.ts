import type { Command } from 'commander'
import { dataDirOption, jsonOption } from '../options.ts'
import { print, printJson } from '../output.ts'

/** `foretoken model import | inspect`. */
export function addModelCommand(program: Command): void {
  const model = program.command('model').description('target models')
  model
    .command('import <folder>')
    .description('check a Hugging Face folder and copy it into the data folder, for `up --model NAME`')
    .option('--name <name>', "the model's name in requests (default: the folder's)")
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(async (folder: string, options: { name?: string; dataDir: string; json: boolean }) => {
      const { importModel } = await import('./import.ts')
      const imported = await importModel(folder, options)
      if (options.json) printJson(imported)
      else print(`Imported ${imported.id} to ${imported.folder}. Serve it: foretoken up --model ${imported.id}`)
    })
  model
    .command('inspect <folder>')
    .description('what a Hugging Face folder holds, and whether it can be served')
    .addOption(jsonOption())
    .action(async (folder: string, options: { json: boolean }) => {
      const { inspectModel, renderModel } = await import('./inspect.ts')
      const summary = await inspectModel(folder)
      if (options.json) printJson(summary)
      else print(renderModel(summary))
    })
}
