import type { Command } from 'commander'
import { withDatabaseOptions } from '../options.ts'
import type { KeyOptions } from './keys.ts'

/** `foretoken key create | list | revoke`. */
export function addKeyCommand(program: Command): void {
  const key = program.command('key').description("API keys of a tenant's programs")
  const add = (usage: string, description: string) =>
    withDatabaseOptions(key.command(usage).description(description)).requiredOption(
      '--tenant <tenant>',
      'by name or id',
    )
  add('create', 'make a key and show it, once')
    .option('--name <name>', 'what the key is for', 'cli')
    .action(async (options: KeyOptions & { name: string }) => (await keys()).create(options))
  add('list', 'all keys, revoked ones too').action(async (options: KeyOptions) => (await keys()).list(options))
  add('revoke <key-id>', 'end a key for good').action(async (keyId: string, options: KeyOptions) =>
    (await keys()).revoke(keyId, options),
  )
}

const keys = () => import('./keys.ts')
