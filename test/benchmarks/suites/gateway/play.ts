import type { Draw } from '../../arrivals.ts'
import { poissonArrivals } from '../../arrivals.ts'
import { rounded } from '../../report.ts'
import type { Contender } from './contender.ts'
import { sendAll } from './load.ts'
import { type Measurement, measure, type Rate } from './measure.ts'
import { KINDS, type Settings, WARM_UP } from './settings.ts'
import type { Upstream } from './upstream.ts'

interface PlayOptions {
  readonly settings: Settings
  /** Arrivals of one rate in one round; the same for all contenders. */
  readonly draws: (round: number, perSecond: number) => Draw
  readonly log: (line: string) => void
}

/** All contenders in turns at each rate. Who is overrun at one is spared those above it. */
export async function playRates(
  contenders: readonly Contender[],
  upstream: Upstream,
  { settings, draws, log }: PlayOptions,
): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (const contender of contenders) await warmUp(contender, draws)
  for (const rate of ratesOf(settings)) {
    await upstream.pace(rate.kind.paceMs)
    const alone = new Map<string, number>()
    for (const contender of contenders) {
      if (isBeyond(measurements, contender, rate)) continue
      const aloneMs = contender.baseline === null ? undefined : alone.get(contender.baseline)
      const measured = await measure(contender, rate, draws(rate.round, rate.perSecond), aloneMs)
      alone.set(contender.name, measured.load.latencyMs.p50)
      measurements.push(measured)
      log(lineOf(measured))
    }
  }
  return measurements
}

async function warmUp(contender: Contender, draws: PlayOptions['draws']): Promise<void> {
  for (const stream of [false, true]) {
    const { perSecond, seconds } = WARM_UP
    await sendAll(contender.target(stream), poissonArrivals(perSecond, seconds, draws(-1, perSecond)))
  }
}

function ratesOf({ rates, seconds, rounds }: Settings): Rate[] {
  return Array.from({ length: rounds }, (_, round) =>
    KINDS.flatMap((kind) =>
      rates
        .filter((perSecond) => perSecond <= kind.perSecondMax)
        .map((perSecond) => ({ kind, perSecond, seconds, round })),
    ),
  ).flat()
}

/** Gateways only: without what stands behind them there is nothing to subtract. */
function isBeyond(
  measurements: readonly Measurement[],
  contender: Contender,
  { kind, perSecond, round }: Rate,
): boolean {
  return measurements.some(
    (each) =>
      contender.baseline !== null &&
      each.contender === contender.name &&
      each.kind === kind.name &&
      each.round === round &&
      each.perSecond < perSecond &&
      isOverrun(each),
  )
}

/** Its queue only grows, or it fails: more than a moment in which the machine did something else. */
function isOverrun({ load, perSecond }: Measurement): boolean {
  return load.failed + load.unanswered > 0 || load.leftOpen > perSecond / 2
}

function lineOf({ contender, kind, perSecond, load, cpuMsPerRequest, keptUp }: Measurement): string {
  const { p50, p99 } = load.latencyMs
  const cpu = cpuMsPerRequest === null ? '' : `, ${rounded(cpuMsPerRequest)} ms of CPU a request`
  const lost = load.failed + load.unanswered > 0 ? `, ${load.failed} failed, ${load.unanswered} unanswered` : ''
  const late = keptUp ? '' : ', does not keep up'
  return `${contender} ${kind} ${perSecond}/s: p50 ${rounded(p50)} ms, p99 ${rounded(p99)} ms${cpu}${lost}${late}`
}
