import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProgress } from '../../progress.ts'
import { commit, type Report, resultName } from '../../report.ts'
import type { SuiteOptions } from '../../suite.ts'
import { readWorkloads, refuse } from './corpus.ts'
import { Parts } from './parts.ts'
import { type LearningResult, playAll } from './play.ts'
import { openQuestionsTable, rateTable, stepTable } from './report/rates.ts'
import { summarise } from './report/summary.ts'
import { writeReport } from './report/write.ts'
import { settingsFor } from './settings.ts'
import { openModels } from './world.ts'

export const readsCorpus = true
export const playsTargets = true
export const playsLives = true

/**
 * What drafts gain from learning: every workload is played as a tenant (see `tenant.ts` for the parts of its
 * life), and beside them a tenant that changes, tenants that nothing can be learned from, and the controller against
 * other ways of setting the lookahead. Of a target other than the reference the tenants' lives alone are played, and
 * the static draft on open questions; of the reference too with `--lives`. Tables and pictures go to
 * `results/learning/`, or that with the target's name; of a quick run they are left out of the tree.
 */
export async function run({ quick, corpus, target: bench, command }: SuiteOptions): Promise<Report> {
  const settings = settingsFor(bench, quick, command.lives)
  const log = startProgress()
  const all = await readWorkloads(corpus, settings.heldOut, bench).catch(refuse)
  const workloads = settings.tenants === 'all' ? all : all.slice(0, settings.tenants)
  const weights = bench.precisions[0]
  const models = await openModels({ ...bench, weights })
  const { artifact, target } = models
  const asked = workloads.map(({ domain, first, later }) => [domain, first.length, later])
  const identity = { settings, draft: artifact.contentHash, target, weights, asked, commit: commit() }
  const name = resultName('learning', command)
  const kept = (what: string) => join(KEPT, name, what)
  const parts = await Parts.open(kept(quick ? 'quick' : 'full'), identity)
  try {
    const result = await playAll({ ...models, settings, parts, log }, workloads)
    const summary = summarise(result)
    const folder = quick ? kept('quick-report') : join(RESULTS, name)
    await writeReport(folder, result, summary, command)
    console.error([rateTable(result), stepTable(result), openQuestionsTable(result)].join('\n'))
    await parts.delete()
    log(
      `tables and pictures are in ${quick ? `.foretoken/bench/${name}/quick-report` : `test/benchmarks/results/${name}`}`,
    )
    const { medians, ratios } = summary
    const raw = { settings, weights, draft: artifact.id, ...rawOf(result), ...summary }
    return { suite: 'learning', medians, ratios, raw }
  } finally {
    await models.close()
  }
}

const KEPT = fileURLToPath(new URL('../../../../.foretoken/bench', import.meta.url))
const RESULTS = fileURLToPath(new URL('../../results', import.meta.url))

/** Without the thousands of single draft tokens, which the summary has by position. */
function rawOf({ tenants, ...rest }: LearningResult) {
  const withoutPoints = tenants.map(({ measured: { points, ...measured }, ...tenant }) => ({ ...tenant, measured }))
  return { tenants: withoutPoints, ...rest }
}
