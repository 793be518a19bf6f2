import { type Command, Option } from 'commander'
import { DEFAULT_DATA_FOLDER } from '../data-folder/folder.ts'
import {
  databaseUrlOption,
  dataDirOption,
  integer,
  jsonOption,
  objectStoreOption,
  queueUrlOption,
  several,
} from '../options.ts'
import type { UpOptions } from './up.ts'

/** `foretoken up`: the whole platform on this machine, until a signal ends it. */
export function addUpCommand(program: Command): void {
  program
    .command('up')
    .description('run the whole platform on this machine: database, workers, gateway and trainers')
    .addOption(dataDirOption())
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on, 0 for any', integer(0, 65_535), 8080)
    .option(
      '--model <model>',
      'a Hugging Face folder or an imported model; may be given several times (default: the reference target)',
      several,
      [],
    )
    .addOption(
      new Option('--weights <format>', 'precision of the weights').choices(['fp32', 'int8', 'int4']).default('fp32'),
    )
    .option('--device <provider>', 'execution provider of ONNX Runtime', 'cpu')
    .option('--threads <n>', 'threads of one worker (default: the cores, shared evenly)', integer(1, 1024))
    .option('--workers <n>', 'number of workers of each model', integer(1, 64), 1)
    .option('--gateways <n>', 'number of gateways, on the port and those behind it', integer(1, 16), 1)
    .addOption(databaseUrlOption())
    .addOption(objectStoreOption())
    .addOption(queueUrlOption())
    .option(
      '--draft <folder>',
      'static draft of a target; may be given several times (default: what was trained for it here, or ships, if any)',
      several,
      [],
    )
    .option('--no-trainer', 'teach no drafts here')
    .option('--tls-cert <file>', 'certificate chain, PEM; serves HTTPS')
    .option('--tls-key <file>', 'private key, PEM')
    .addOption(
      new Option('--log-level <level>', 'of worker, gateway and trainer')
        .choices(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
        .default('warn'),
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `\nThe data folder (${DEFAULT_DATA_FOLDER}) keeps keys, usage and what was learned; the next start prints the same key.`,
    )
    .action(async (options: UpOptions) => {
      const { up } = await import('./up.ts')
      await up(options)
    })
}
