import type { DraftVersion, StoredDecision } from '@foretoken/db'

/** A draft on trial, as the scheduler saw it last. */
export interface TrialStatus {
  readonly id: string
  readonly version: number
  readonly stage: 'shadow' | 'canary'
  readonly since: Date
  /** That it was judged by in this stage, and that the stage asks for; null before the scheduler's first look. */
  readonly requests: number | null
  readonly needed: number | null
  /** Goodput over each rival as a share more, and the bound that it exceeds for 95 %. */
  readonly gains: readonly { readonly rival: string; readonly gain: number; readonly lower: number }[]
}

/** Null where nothing is on trial. What was decided about an earlier stage says nothing of this one. */
export function trialOf(versions: readonly DraftVersion[], decisions: readonly StoredDecision[]): TrialStatus | null {
  const tried = versions.find(({ state }) => state === 'shadow' || state === 'canary')
  if (!tried || (tried.state !== 'shadow' && tried.state !== 'canary')) return null
  const seen = decisions.find(({ topic, changes, inputs, decidedAt }) => {
    return topic === 'trial' && !changes && inputs.version === tried.version && decidedAt >= tried.changedAt
  })
  const { requests = null, needed = null } = seen?.inputs ?? {}
  const { id, version, state: stage, changedAt: since } = tried
  return { id, version, stage, since, requests, needed, gains: gainsOf(seen?.inputs ?? {}) }
}

const GAIN = 'gain over '
const LOWER = 'lower bound over '

function gainsOf(inputs: StoredDecision['inputs']): TrialStatus['gains'] {
  return Object.entries(inputs).flatMap(([name, gain]) => {
    if (!name.startsWith(GAIN)) return []
    const rival = name.slice(GAIN.length)
    return [{ rival, gain, lower: inputs[`${LOWER}${rival}`] ?? gain }]
  })
}

/** In one sentence, for whoever asks how far it is. */
export function describeTrial({ version, stage, requests, needed, gains }: TrialStatus): string {
  const figures = gains.map(
    ({ rival, gain, lower }) => `${percent(gain)} goodput over ${rival} (95 % sure of ${percent(lower)})`,
  )
  const counted = requests === null ? 'not looked at yet' : `${requests} of ${needed} requests`
  return `Version ${version} is on trial as ${stage}: ${[counted, ...figures].join(', ')}.`
}

const percent = (share: number) => `${share >= 0 ? '+' : ''}${(100 * share).toFixed(1)} %`
