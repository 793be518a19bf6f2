import type { Command } from 'commander'
import { CliError } from '../errors.ts'
import { databaseUrlOption, dataDirOption, integer, jsonOption } from '../options.ts'
import { print, printJson } from '../output.ts'
import { type Diagnosis, diagnose } from './finding.ts'
import { machineChecks } from './machine.ts'
import { type DoctorTarget, platformChecks } from './platform.ts'

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
    .action(async ({ json, ...options }: Omit<DoctorTarget, 'redisUrl'> & { json: boolean }) => {
      const target = { ...options, redisUrl: process.env.REDIS_URL }
      const diagnoses = await diagnose([...machineChecks, ...platformChecks(target)])
      if (json) printJson(diagnoses)
      else for (const diagnosis of diagnoses) print(render(diagnosis))
      const failed = diagnoses.filter(({ status }) => status === 'fail')
      if (failed.length > 0) throw new CliError(`Can't run here: ${failed.map(({ name }) => name).join(', ')}.`)
    })
}

function render({ name, status, detail, advice }: Diagnosis): string {
  const line = `${status.padEnd(6)}${name.padEnd(13)}${detail}`
  return advice === undefined ? line : `${line}\n${' '.repeat(19)}${advice}`
}
