import { gunzipSync } from 'node:zlib'
import { DEFAULT_RULES, type Difference, type Rules, whatIf as replay, type SchedulerState } from '@foretoken/policy'
import { CliError } from '../errors.ts'
import type { LearningCommandOptions } from '../options.ts'
import { print, printJson, renderTable } from '../output.ts'
import { choice, withDatabase } from '../platform/connect.ts'
import { rulePaths, withRules } from './rules.ts'

/** As the scheduler writes it; see `STATE_KEY` there. */
const STATE_KEY = 'scheduler/state.json.gz'
const STATE_VERSION = 2

interface Recorded {
  readonly nowMs: number
  readonly rules: Rules
  readonly state: SchedulerState
}

/** `foretoken scheduler what-if`: the last round again, under other rules. */
export async function whatIf({ set, ...options }: LearningCommandOptions & { readonly set: string[] }): Promise<void> {
  if (set[0] === 'list') return printRules()
  withRules(DEFAULT_RULES, set)
  const recorded = await withDatabase(choice(options), async ({ store }) => {
    const bytes = await (await store()).get(STATE_KEY)
    if (!bytes) throw new CliError('No scheduler has played a round here yet: there is nothing to decide again.')
    return parse(bytes)
  })
  // Where drafts lie is the workers' own business.
  const differences = [...replay(recorded, withRules(recorded.rules, set))].filter(({ topic }) => topic !== 'place')
  if (options.json)
    return printJson({ at: new Date(recorded.nowMs), tenants: recorded.state.tenants.length, differences })
  print(render(recorded, differences))
}

/** Infinity has no place in JSON: a rule that was it came back as null. */
function parse(bytes: Uint8Array): Recorded {
  const { version, rules, ...rest } = JSON.parse(gunzipSync(bytes).toString('utf8'))
  if (version !== STATE_VERSION) throw new CliError('The recorded round is of another version of the scheduler.')
  const price = rules.training.price ?? Number.POSITIVE_INFINITY
  return { ...rest, rules: { ...rules, training: { ...rules.training, price } } }
}

function render({ nowMs, state }: Recorded, differences: readonly Difference[]): string {
  const head = `Of ${state.tenants.length} tenants on their targets, on the round of ${new Date(nowMs).toISOString()}:`
  if (differences.length === 0) return `${head} nothing would have been decided otherwise.`
  const rows = differences.map(({ tenant, before, after }) => [
    ...tenant.split(' '),
    before?.kind ?? '-',
    after?.kind ?? '-',
    after?.reason ?? '-',
  ])
  return `${head}\n${renderTable(['TENANT', 'TARGET', 'WAS', 'WOULD BE', 'BECAUSE'], rows)}`
}

function printRules(): void {
  const rows = [...rulePaths(DEFAULT_RULES)].map(([path, value]) => [path, String(value)])
  print(renderTable(['RULE', 'DEFAULT'], rows))
}
