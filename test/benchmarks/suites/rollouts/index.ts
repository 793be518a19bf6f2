import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readDraft } from '@foretoken/drafting'
import { readTokenTables } from '@foretoken/model'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { staticDraftFolder } from '@foretoken/static-draft'
import { startProgress } from '../../progress.ts'
import { commandOf, commit, describeMachine, median, type Report, rounded } from '../../report.ts'
import type { SuiteOptions } from '../../suite.ts'
import { benchFolder } from '../../widened/folder.ts'
import { Parts } from '../learning/parts.ts'
import { openDrafts } from './drafts.ts'
import { ARMS, playUpdates, type RolloutArm, type UpdateResult } from './play.ts'
import { Policy } from './policy/policy.ts'
import { writeReport } from './report.ts'
import { FULL, QUICK, type Settings, TASKS } from './settings.ts'

/**
 * What drafts are worth to whoever trains the target: rollouts of a policy that changes at each update, from prompts that
 * come again. The table and the picture go to `results/rollouts/`; of a quick run they are left out of the tree. A run
 * that is stopped goes on where it was.
 */
export async function run({ quick, command }: SuiteOptions): Promise<Report> {
  const settings = quick ? QUICK : FULL
  const { results, plain, parts } = await play(settings, quick ? 'quick' : 'full', startProgress())
  const origin = `\`${commandOf('rollouts', command)}\` on ${new Date().toISOString().slice(0, 10)}, commit ${commit()}, ${describeMachine()}.`
  const folder = quick ? benchFolder('rollouts/quick-report') : join(RESULTS, 'rollouts')
  await writeReport(folder, results, { origin, plain })
  await parts.delete()
  return { suite: 'rollouts', ...summarise(results, plain), raw: { settings, tasks: TASKS, plain, updates: results } }
}

const RESULTS = fileURLToPath(new URL('../../results', import.meta.url))

/** @param name of the folder that keeps its parts */
export async function play(settings: Settings, name: string, log: (line: string) => void) {
  const artifact = await readDraft(staticDraftFolder)
  const parts = await Parts.open(benchFolder(`rollouts/${name}`), { settings, draft: artifact.contentHash })
  const tables = await readTokenTables(referenceTargetFolder)
  const drafts = await openDrafts(referenceTargetFolder, artifact, tables, parts)
  const policy = await Policy.open(referenceTargetFolder, settings.rank)
  const folder = benchFolder(`rollouts/${name}-target`)
  try {
    const results = await playUpdates({ settings, parts, drafts, policy, folder, log })
    return { results, plain: 1_000 / drafts.costs.static.targetMs(1), parts }
  } finally {
    await policy.close()
    await drafts.draft.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Over the updates from the second on: at the first, all adapters are the same. */
export function summarise(results: readonly UpdateResult[], plain: number): Pick<Report, 'medians' | 'ratios'> {
  const later = results.filter(({ update }) => update >= 2)
  const over = (arm: RolloutArm, field: 'acceptanceLength' | 'tokensPerSecond') =>
    median(later.map(({ arms }) => arms[arm]?.again[field] ?? Number.NaN))
  const medians = ARMS.flatMap((arm) => [
    [`${arm} acceptance length`, rounded(over(arm, 'acceptanceLength'))],
    [`${arm} tokens/s, simulated`, rounded(over(arm, 'tokensPerSecond'))],
  ])
  const rate = (arm: RolloutArm) => over(arm, 'tokensPerSecond')
  return {
    medians: Object.fromEntries([...medians, ['plain tokens/s', rounded(plain)]]),
    ratios: {
      'kept/static tokens/s': rounded(rate('kept') / rate('static')),
      'retrained/static tokens/s': rounded(rate('retrained') / rate('static')),
      'retrained/kept tokens/s': rounded(rate('retrained') / rate('kept')),
      'retrained/anew tokens/s': rounded(rate('retrained') / rate('anew')),
    },
  }
}
