import { CliError } from '../errors.ts'
import { print, printJson } from '../output.ts'
import { type Diagnosis, diagnose } from './finding.ts'
import { machineChecks } from './machine.ts'
import { type DoctorTarget, platformChecks } from './platform.ts'

export type DoctorOptions = Omit<DoctorTarget, 'redisUrl'> & { readonly json: boolean }

/** `foretoken doctor`: every check, and an error that names those that failed. */
export async function doctor({ json, ...options }: DoctorOptions): Promise<void> {
  const target = { ...options, redisUrl: process.env.REDIS_URL }
  const diagnoses = await diagnose([...machineChecks, ...platformChecks(target)])
  if (json) printJson(diagnoses)
  else for (const diagnosis of diagnoses) print(render(diagnosis))
  const failed = diagnoses.filter(({ status }) => status === 'fail')
  if (failed.length > 0) throw new CliError(`Can't run here: ${failed.map(({ name }) => name).join(', ')}.`)
}

function render({ name, status, detail, advice }: Diagnosis): string {
  const line = `${status.padEnd(6)}${name.padEnd(13)}${detail}`
  return advice === undefined ? line : `${line}\n${' '.repeat(19)}${advice}`
}
