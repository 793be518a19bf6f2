import type { Summary } from './summary.ts'

export interface Target {
  readonly what: string
  readonly wanted: string
  /** Undefined: not measured in this run. */
  readonly measured: number | undefined
  readonly reached: boolean | undefined
}

/** What learning is meant to reach (medians over tenants, the reference target, two cores, fp32, batch 1). */
export function targetsOf({ medians, ratios }: Summary): Target[] {
  const adversaries = Object.entries(ratios).flatMap(([name, ratio]) =>
    name.startsWith('auto/plain tokens/s, ') ? [ratio] : [],
  )
  const swapMs = Math.max(medians['adapter read longest piece ms'] ?? Number.NaN, medians['adapter swap ms'] ?? 0)
  const worst = Math.max(
    medians['static calibration error, worst position'] ?? Number.NaN,
    medians['adaptive calibration error, worst position'] ?? Number.NaN,
  )
  return [
    atLeast('static acceptance length in its domains', 3.5, medians['static acceptance length, its domains']),
    atLeast('adaptive ÷ static acceptance length, unseen', 2.3, ratios['adaptive/static']),
    atLeast('adapter ÷ full fine-tune', 0.9, ratios['adaptive/full fine-tune']),
    atLeast('auto ÷ better of suffix and adaptive, unseen', 1.15, ratios['auto/best of suffix and adaptive']),
    atLeast('adaptive ÷ static of all domains', 1.15, ratios['adaptive/static of all domains']),
    atLeast('auto ÷ plain tokens/s', 2.5, ratios['auto/plain tokens/s']),
    atLeast('auto ÷ static tokens/s, unseen', 1.7, ratios['auto/static tokens/s, unseen']),
    atMost('tokens until 80 % of the gain', 20_000, medians['tokens until 80 % of the gain']),
    atMost('training seconds, one core', 30, medians['training seconds']),
    atLeast('goodput beside training ÷ alone', 0.95, ratios['beside training/alone, tokens/s']),
    atMost('adapter bytes', 2 ** 20, medians['adapter bytes']),
    atMost('swap, longest piece, ms', 5, Number.isFinite(swapMs) ? swapMs : undefined),
    atMost('calibration error at the worst position', 0.03, Number.isFinite(worst) ? worst : undefined),
    atLeast(
      'auto ÷ plain tokens/s of the slowest tenant',
      0.97,
      adversaries.length > 0 ? Math.min(...adversaries) : undefined,
    ),
  ]
}

function atLeast(what: string, least: number, measured: number | undefined): Target {
  return { what, wanted: `≥ ${least}`, measured, reached: measured === undefined ? undefined : measured >= least }
}

function atMost(what: string, most: number, measured: number | undefined): Target {
  return { what, wanted: `≤ ${most}`, measured, reached: measured === undefined ? undefined : measured <= most }
}
