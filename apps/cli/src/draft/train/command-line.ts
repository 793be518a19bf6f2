import { basename } from 'node:path'
import type { TrainOptions } from './options.ts'

/**
 * The command that trains the same draft again, with every option that its weights depend on. Folders are left out and
 * prompts named by file only: a card travels, the machine's paths don't.
 */
export function commandLine(options: TrainOptions, targetName: string, threads: number): string {
  return typedCommand('foretoken draft train', [
    ['target', targetName],
    ['prompts', options.prompts.map((path) => basename(path)).join(' ')],
    ['prompts-max', options.promptsMax],
    ['completion-tokens', options.completionTokens],
    ['sampled-share', options.sampledShare],
    ['steps', options.steps],
    ['batch', options.batch],
    ['learning-rate', options.learningRate],
    ['vocabulary', options.vocabulary],
    ['state', options.state],
    ['seed', options.seed],
    ['threads', threads],
    ['output', 'FOLDER'],
  ])
}

/** A command as it is typed, an option a line; those without a value are left out. */
export function typedCommand(
  command: string,
  options: readonly (readonly [name: string, value: string | number | undefined])[],
): string {
  const given = options.flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`]))
  return [command, ...given].join(' \\\n  ')
}
