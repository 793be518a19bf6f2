import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { basename } from 'node:path'

export interface Report {
  readonly suite: string
  /** Named medians with their unit in the name, such as `plainTokensPerSecond`. */
  readonly medians: Readonly<Record<string, number>>
  /** Ratios of two medians of the same run, named `a/b`. */
  readonly ratios: Readonly<Record<string, number>>
  /** Everything that was measured, to be read again later. */
  readonly raw: unknown
}

/** Prints the one line that ends every suite, and keeps the raw results in the tree with command and machine. */
export function publish(report: Report, options: CommandOptions): void {
  const machine = describeMachine()
  const { suite, medians, ratios, raw } = report
  if (!options.quick) {
    const folder = new URL('results/', import.meta.url)
    mkdirSync(folder, { recursive: true })
    const command = commandOf(suite, options)
    const full = {
      suite,
      command,
      workloads: workloadsOf(options),
      commit: commit(),
      date: new Date().toISOString().slice(0, 10),
      machine,
      medians,
      ratios,
      raw,
    }
    writeFileSync(new URL(`${resultName(suite, options)}.json`, folder), `${JSON.stringify(full, null, 1)}\n`)
  }
  console.log(JSON.stringify({ suite, workloads: workloadsOf(options), machine, medians, ratios }))
}

export interface CommandOptions {
  readonly quick: boolean
  readonly corpus?: string | undefined
  readonly target?: string | undefined
  readonly draft?: string | undefined
  readonly weights?: string | undefined
  readonly lives?: boolean | undefined
}

/** What results are kept under: the suite's name, and the target's where that is not the reference. */
export function resultName(suite: string, { target = 'reference' }: Pick<CommandOptions, 'target'>): string {
  return target === 'reference' ? suite : `${suite}-${basename(target)}`
}

/** As it can be typed again, but for where a target and its draft lie on this machine. */
export function commandOf(suite: string, { quick, lives, corpus, target, draft, weights }: CommandOptions): string {
  const option = (name: string, value: string | undefined) => (value === undefined ? [] : [`--${name}`, value])
  const named = (value: string | undefined) => value && basename(value)
  return [
    'npm run bench --',
    suite,
    ...(quick ? ['--quick'] : []),
    ...(lives ? ['--lives'] : []),
    ...option('target', named(target)),
    ...option('draft', named(draft)),
    ...option('weights', weights),
    ...option('corpus', corpus),
  ].join(' ')
}

/** Where the prompts were from. */
export function workloadsOf({ corpus }: Pick<CommandOptions, 'corpus'>): string {
  return corpus === undefined ? 'packages/workloads' : `the corpus in ${corpus}`
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

export function rounded(value: number, digits = 3): number {
  return Number(value.toPrecision(digits))
}

export function describeMachine() {
  const [cpu] = os.cpus()
  const gib = Math.round(os.totalmem() / 2 ** 30)
  return `${cpu?.model.trim() ?? 'unknown processor'}, ${os.cpus().length} cores, ${gib} GiB, ${os.platform()} ${os.arch()}, Node ${process.version}`
}

export function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}
