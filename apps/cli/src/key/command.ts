import { KEY_SCOPES } from '@foretoken/db/key-scopes'
import { type Command, Option } from 'commander'
import { duration, withDatabaseOptions } from '../options.ts'
import type { CreateOptions, KeyOptions, RotateOptions } from './keys.ts'

const LIFETIME_DAYS_MAX = 3_650
const OVERLAP_DAYS_MAX = 90

/** `foretoken key create | list | rotate | revoke`. */
export function addKeyCommand(program: Command): void {
  const key = program.command('key').description("API keys of a tenant's programs")
  const add = (usage: string, description: string) =>
    withDatabaseOptions(key.command(usage).description(description)).requiredOption(
      '--tenant <tenant>',
      'by name or id',
    )
  add('create', 'make a key and show it, once')
    .option('--name <name>', 'what the key is for', 'cli')
    .addOption(
      new Option('--scope <scope...>', 'what it may do: have the model answer, read usage, manage what is learned')
        .choices(KEY_SCOPES)
        .default(['inference']),
    )
    .option('--expires <time>', 'ends by itself after a time such as 90d', duration(LIFETIME_DAYS_MAX))
    .action(async (options: CreateOptions) => (await keys()).create(options))
  add('list', 'all keys, those that ended too').action(async (options: KeyOptions) => (await keys()).list(options))
  add('rotate <key-id>', 'make a key that takes the place of another, and show it, once')
    .option('--overlap <time>', 'how long the old one goes on working', duration(OVERLAP_DAYS_MAX), 86_400_000)
    .action(async (keyId: string, options: RotateOptions) => (await keys()).rotate(keyId, options))
  add('revoke <key-id>', 'end a key for good').action(async (keyId: string, options: KeyOptions) =>
    (await keys()).revoke(keyId, options),
  )
}

const keys = () => import('./keys.ts')
