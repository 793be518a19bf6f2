import type { Command } from 'commander'
import { databaseUrlOption, dataDirOption, integer, jsonOption } from '../options.ts'
import type { DoctorOptions } from './doctor.ts'

/** `foretoken doctor`. */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('check whether a platform can run here, and say what to do where it can not')
    .addOption(dataDirOption())
    .option('--host <address>', 'address that `up` would listen on', '127.0.0.1')
    .option('--port <port>', 'port that `up` would listen on', integer(1, 65_535), 8080)
    .option('--model <model>', 'a Hugging Face folder or an imported model')
    .addOption(databaseUrlOption())
    .addOption(jsonOption())
    .action(async (options: DoctorOptions) => {
      const { doctor } = await import('./doctor.ts')
      await doctor(options)
    })
}
