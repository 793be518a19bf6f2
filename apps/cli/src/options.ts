import { type Command, InvalidArgumentError, Option } from 'commander'
import { DEFAULT_DATA_FOLDER } from './data-folder/folder.ts'

/** Options that several commands share, so that they read and mean the same everywhere. */
export const dataDirOption = () =>
  new Option('--data-dir <dir>', 'where everything of this platform is kept').default(DEFAULT_DATA_FOLDER)

export const databaseUrlOption = () =>
  new Option('--database-url <url>', 'a PostgreSQL of your own instead of the embedded one').env(
    'FORETOKEN_DATABASE_URL',
  )

export const objectStoreOption = () =>
  new Option(
    '--object-store <url>',
    'where adapters and traces are kept: file:///… or s3://… (default: in the data folder)',
  ).env('FORETOKEN_OBJECT_STORE')

export const queueUrlOption = () =>
  new Option(
    '--queue-url <url>',
    "where jobs are queued: postgres://… or redis://… (default: the platform's database)",
  ).env('FORETOKEN_QUEUE_URL')

export const modelOption = () =>
  new Option('--model <model>', 'which model it is about, where several are served (default: the only one)')

export const jsonOption = () => new Option('--json', 'write JSON to standard output, and nothing else').default(false)

/** Adds what every command on tenants and keys takes. */
export function withDatabaseOptions(command: Command): Command {
  return command.addOption(dataDirOption()).addOption(databaseUrlOption()).addOption(jsonOption())
}

export interface DatabaseCommandOptions {
  readonly dataDir: string
  readonly databaseUrl?: string
  readonly json: boolean
}

export interface QueueCommandOptions extends DatabaseCommandOptions {
  readonly queueUrl?: string
}

/** Adds what every command on things learned takes. */
export function withLearningOptions(command: Command): Command {
  return withDatabaseOptions(command).addOption(objectStoreOption())
}

export interface LearningCommandOptions extends DatabaseCommandOptions {
  readonly objectStore?: string
}

/** Collects an option that may be given several times. */
export const several = (value: string, before: readonly string[]): string[] => [...before, value]

/** Parses a whole number within bounds. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`)
  }
}

/** Parses a number within bounds. */
export function fraction(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== '' && value >= min && value <= max) return value
    throw new InvalidArgumentError(`Expected a number from ${min} to ${max}.`)
  }
}

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Parses a time such as `90d`, `24h`, `30m` or `0s`, to milliseconds. */
export function duration(daysMax: number): (text: string) => number {
  return (text) => {
    const [, digits = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
    const ms = Number(digits) * (Object.entries(UNIT_MS).find(([name]) => name === unit)?.[1] ?? Number.NaN)
    if (digits !== '' && ms <= daysMax * UNIT_MS.d) return ms
    throw new InvalidArgumentError(`Expected a time such as 90d, 24h or 30m, of at most ${daysMax} days.`)
  }
}
