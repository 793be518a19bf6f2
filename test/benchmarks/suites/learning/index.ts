import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProgress } from '../../progress.ts'
import { commit, type Report } from '../../report.ts'
import type { SuiteOptions } from '../../suite.ts'
import { readWorkloads, refuse } from './corpus.ts'
import { Parts } from './parts.ts'
import { type LearningResult, playAll } from './play.ts'
import { summarise } from './report/summary.ts'
import { writeReport } from './report/write.ts'
import { FULL, QUICK } from './settings.ts'
import { openModels } from './world.ts'

export const readsCorpus = true

/**
 * What drafts gain from learning: every workload is played as a tenant (see `tenant.ts` for the parts of its
 * life), and beside them a tenant that changes, tenants that nothing can be learned from, and the controller against
 * other ways of setting the lookahead. Tables and pictures go to `results/learning/`; of a quick run they are left out
 * of the tree.
 */
export async function run(options: SuiteOptions): Promise<Report> {
  const settings = options.quick ? QUICK : FULL
  const log = startProgress()
  const workloads = await readWorkloads(options.corpus, settings.heldOut).catch(refuse)
  const models = await openModels()
  const { artifact, target } = models
  const asked = workloads.map(({ domain, first, later }) => [domain, first.length, later])
  const identity = { settings, draft: artifact.contentHash, target, asked, commit: commit() }
  const parts = await Parts.open(join(KEPT, options.quick ? 'quick' : 'full'), identity)
  try {
    const result = await playAll({ ...models, settings, parts, log }, workloads)
    const summary = summarise(result)
    const folder = options.quick ? join(KEPT, 'quick-report') : RESULTS
    await writeReport(folder, result, summary, options)
    await parts.delete()
    log(
      `tables and pictures are in ${options.quick ? '.foretoken/bench/learning/quick-report' : 'test/benchmarks/results/learning'}`,
    )
    const { medians, ratios } = summary
    return { suite: 'learning', medians, ratios, raw: { settings, draft: artifact.id, ...rawOf(result), ...summary } }
  } finally {
    await models.close()
  }
}

const KEPT = fileURLToPath(new URL('../../../../.foretoken/bench/learning', import.meta.url))
const RESULTS = fileURLToPath(new URL('../../results/learning', import.meta.url))

/** Without the thousands of single draft tokens, which the summary has by position. */
function rawOf({ tenants, ...rest }: LearningResult) {
  const withoutPoints = tenants.map(({ measured: { points, ...measured }, ...tenant }) => ({ ...tenant, measured }))
  return { tenants: withoutPoints, ...rest }
}
