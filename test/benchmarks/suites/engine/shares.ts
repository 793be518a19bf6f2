import { rounded } from '../../report.ts'
import { openModels } from '../learning/world.ts'
import { timeAppends, timeSampling, timeSamplingAtLargeVocabulary, timeSuffix } from './parts.ts'
import type { Section, SectionOptions } from './section.ts'
import { MODES, timeSteps } from './steps.ts'

/**
 * Where the time of a step goes: sampling and matching, appending to the cache, the suffix index, and what is left of
 * it when these and the runs of target and drafts are taken away, planning and feeding among it. Each part is timed
 * alone, on the reference target's own logits and texts, and set against whole steps of one sequence.
 *
 * At a vocabulary of 152 k there is no target to run here, so the step that sampling is set against is the least it can
 * be: reading an output projection of 152 k × 512 in fp32 once, at the bandwidth measured, and the draw itself. The
 * logits are normal with deviation 3.
 */
export async function measureShares({ quick, log }: SectionOptions): Promise<Section> {
  const models = await openModels()
  const small = await timeSampling(models, quick ? 20 : 200)
  log('shares: sampling at 4,096 measured')
  const large = await timeSamplingAtLargeVocabulary(quick ? 4 : 30)
  log('shares: sampling at 152 k measured')
  const appendUs = await timeAppends(models, quick ? 200 : 2_000)
  const suffix = await timeSuffix(models, quick ? 21 : 56)
  const steps = await timeSteps(models, quick ? 14 : 42)
  log('shares: whole steps measured')
  await models.close()

  const medians: Record<string, number> = {
    'KV append, 1 row µs': rounded(appendUs.one),
    'KV append, 4 rows µs': rounded(appendUs.four),
    'suffix query µs per token': rounded(suffix.queryUs),
    'suffix commit µs per token': rounded(suffix.commitUs),
    'reading a head of 152k × 512 ms': rounded(large.headMs),
  }
  const ratios: Record<string, number> = {}
  for (const { name } of MODES) {
    const [us, largeUs, step] = [small[name], large.us[name], steps[name]]
    medians[`sampling at 4096, ${name} µs`] = rounded(us)
    medians[`sampling at 152k, ${name} µs`] = rounded(largeUs)
    ratios[`sampling at 152k ${name}/step`] = rounded(largeUs / (largeUs + 1_000 * large.headMs))
    for (const arm of ['none', 'auto'] as const) {
      const { ms, targetMs, draftMs, rows } = step[arm]
      const part = {
        target: targetMs,
        drafts: draftMs,
        sampling: (rows * us) / 1_000,
        append: (rows * appendUs.one) / 1_000,
      }
      const rest = ms - part.target - part.drafts - part.sampling - part.append
      medians[`${arm} ${name} step ms`] = rounded(ms)
      medians[`${arm} ${name} rest of a step µs`] = rounded(1_000 * rest)
      for (const [which, each] of Object.entries({ ...part, rest }))
        ratios[`${which} ${arm} ${name}/step`] = rounded(each / ms)
    }
  }
  return { medians, ratios, raw: { small, large, appendUs, suffix, steps } }
}
