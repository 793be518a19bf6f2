import { randomTenantAdapter } from '../../../exactness/learned/adapters.ts'
import { workloadPrompts } from '../../../workloads/prompts.ts'
import { median, rounded } from '../../report.ts'
import { openModels, tokensOf } from '../learning/world.ts'
import { type LaneFigures, runLanes } from './lanes.ts'
import { inTurns, type Section, type SectionOptions } from './section.ts'

const LANES = 8
const KINDS = ['1 adapter', '8 adapters'] as const

/**
 * Eight tenants in one batch with an adapter each against the same tenants with one adapter between them. The eight
 * are copies of the one, prepared each for itself: all drafts, and so acceptance, are the same, and what is left is
 * what the mix costs. Every sequence drafts the same number of tokens, so that no controller reacts to it.
 */
export async function measureAdapterMix({ quick, log }: SectionOptions): Promise<Section> {
  const models = await openModels({ sequencesMax: LANES })
  const { draft, neural } = models
  const values = randomTenantAdapter(draft, 1, DEVIATION)
  const shared = await draft.prepareAdapter('adp_shared', values)
  for (let lane = 0; lane < LANES; lane++) {
    neural.adopt(`1 adapter/${lane}`, shared)
    neural.adopt(`8 adapters/${lane}`, await draft.prepareAdapter(`adp_own_${lane}`, values))
  }
  const prompts = workloadPrompts(quick ? 32 : 48).map(({ prompt }) => tokensOf(models, prompt))
  const kinds = KINDS.map((kind) => ({ kind, figures: [] as LaneFigures[] }))
  const rounds = quick ? 4 : 24
  for (let round = -1; round < rounds; round++) {
    await inTurns(kinds, round + 1, async ({ kind, figures }) => {
      const speculation = { arm: 'adaptive', lookahead: LOOKAHEAD } as const
      const tenantOf = (lane: number) => `${kind}/${lane}`
      const measured = await runLanes(models, { width: LANES, prompts, speculation, tenantOf })
      if (round >= 0) figures.push(measured)
    })
    if (round >= 0 && (round + 1) % 4 === 0) log(`adapter mix: round ${round + 1} of ${rounds}`)
  }
  const demoted = [...models.demoted.keys()]
  await models.close()
  const [one, eight] = kinds.map(({ figures }) => figures.map(({ full }) => (1_000 * full.tokens) / full.ms))
  const draftMs = kinds.map(({ figures }) => median(figures.map(({ full }) => full.draftMs / full.steps)))
  return {
    medians: {
      'batch 8 with 1 adapter tokens/s': rounded(median(one ?? [])),
      'batch 8 with 8 adapters tokens/s': rounded(median(eight ?? [])),
      'batch 8 with 1 adapter draft ms': rounded(draftMs[0] ?? Number.NaN),
      'batch 8 with 8 adapters draft ms': rounded(draftMs[1] ?? Number.NaN),
    },
    ratios: {
      '8 adapters/1 adapter': rounded(median((eight ?? []).map((speed, at) => speed / (one?.[at] ?? Number.NaN)))),
    },
    raw: { kinds, demoted },
  }
}

const LOOKAHEAD = 4
/** So little that it drafts as the static draft does. */
const DEVIATION = 0.01
