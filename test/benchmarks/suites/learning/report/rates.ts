import type { TimedWay } from '../arms.ts'
import { OPEN_WAYS } from '../open-questions.ts'
import type { LearningResult } from '../play.ts'
import { STEP_KINDS, type StepSum } from '../step-kinds.ts'
import { rate } from './summary.ts'
import { named, section } from './tables.ts'

const WAYS = ['suffix', 'static', 'adaptive', 'auto'] as const satisfies readonly TimedWay[]

export function rateTable({ tenants }: LearningResult): string {
  return section(
    'Tokens per second',
    'Committed tokens of all measured requests ÷ their time, batch 1, prefill included; in brackets ÷ plain decoding. The last column leaves prefill out.',
    ['tenant', 'plain', ...WAYS, 'auto, decoding alone'],
    tenants.map((each) => {
      const plain = rate(each, 'none')
      const cells = WAYS.map((way) => `${rate(each, way).toFixed(0)} (${(rate(each, way) / plain).toFixed(2)})`)
      return [named(each), plain.toFixed(0), ...cells, `(${each.measured.ways.auto.speedUp.decoding.toFixed(2)})`]
    }),
  )
}

/** Where the controller's expectations and what came of them part. */
export function stepTable({ tenants }: LearningResult): string {
  const perStep = (sum: number, { steps }: StepSum, digits: number) => (sum / steps).toFixed(digits)
  return section(
    'What steps promised and took',
    'Verification steps of `auto` by what they verified beside the target’s own token: means per step. Expected tokens and milliseconds are the plan’s once proposals were there, drafting by the cost table; drafting that was asked for and then not verified counts in the row of what was.',
    ['tenant, step', 'steps', 'tokens expected', 'committed', 'ms expected', 'taken', 'of that drafting', 'tokens/s'],
    tenants.flatMap(({ domain, measured }) =>
      STEP_KINDS.flatMap((kind) => {
        const sum = measured.ways.auto.kinds[kind]
        if (sum.steps === 0) return []
        const tokens = [sum.expectedTokens, sum.tokens].map((value) => perStep(value, sum, 2))
        const ms = [sum.expectedMs, sum.ms, sum.draftMs].map((value) => perStep(value, sum, 3))
        return [[`${domain}, ${kind}`, String(sum.steps), ...tokens, ...ms, ((1_000 * sum.tokens) / sum.ms).toFixed(0)]]
      }),
    ),
  )
}

export function openQuestionsTable({ openQuestions }: LearningResult): string {
  if (!openQuestions) return ''
  const { requests, ways } = openQuestions
  return section(
    'Open questions',
    `${requests} questions to a general assistant, of kinds that a general static draft is trained on, by a seed of their own. Each is a tenant’s first.`,
    ['', ...OPEN_WAYS],
    [
      ['tokens/s', ...OPEN_WAYS.map((way) => ways[way].tokensPerSecond)],
      ['÷ plain', ...OPEN_WAYS.map((way) => ways[way].speedUp.total)],
      ['÷ plain, decoding alone', ...OPEN_WAYS.map((way) => ways[way].speedUp.decoding)],
      ['acceptance length', ...OPEN_WAYS.map((way) => ways[way].acceptanceLength)],
    ],
  )
}
