import type { WeightFormat } from '@foretoken/model'
import { startProgress } from '../../progress.ts'
import { type Report, rounded } from '../../report.ts'
import type { SuiteOptions } from '../../suite.ts'
import { benchFolder, writeWidened } from '../../widened/folder.ts'
import type { Widening } from '../../widened/widen.ts'
import { refuse } from '../learning/corpus.ts'
import { type LearnedDomain, learnDomains } from '../learning/learned.ts'
import { openModels } from '../learning/world.ts'
import { ARMS, type ArmFigures, type ServedRequest, serveAll, speedUps } from './serve-all.ts'

/** Null: the target as it is. */
interface Size {
  readonly name: string
  readonly widening: Widening | null
}

/** Of the reference. Width and depth grow together, as they do from one model of a family to the next. */
const SIZES: readonly Size[] = [
  { name: '12M', widening: null },
  { name: '60M', widening: { copies: 4, layers: 11 } },
  { name: '200M', widening: { copies: 8, layers: 20 } },
]

export const playsTargets = true

export const readsCorpus = true

/**
 * How speed-up grows with the target's size at equal acceptance. The larger targets compute what the reference does, so
 * the static draft, the adapters and every token they propose are worth the same for each; only the price of a run of
 * the target changes, and with it how far the controller looks ahead. Any other target is played as it is, by tenants
 * of its own.
 */
export async function run({ quick, corpus, target }: SuiteOptions): Promise<Report> {
  const log = startProgress()
  const domains = await learnDomains({ corpus, quick, target, log }).catch(refuse)
  const measured: Measured[] = []
  const sizes = target.isReference ? SIZES : [{ name: target.name, widening: null }]
  for (const { name, widening } of sizes) {
    const wide = widening && (await writeWidened({ folder: benchFolder(`regime-${name}`), ...widening }))
    for (const weights of target.precisions) {
      const models = await openModels({ ...target, folders: wide ?? target.folders, weights })
      const requests = await serveAll(models, domains, countsOf(quick, domains)).finally(models.close)
      if (weights === 'fp32') requireExactness(name, requests)
      const arms = speedUps(requests)
      measured.push({ size: name, parameters: wide?.parameters ?? null, weights, requests, arms })
      log(
        `${name} ${weights}: plain ${rounded(arms.none.tokensPerSecond)} tokens/s, auto ${rounded(arms.auto.speedUp)}×`,
      )
    }
    await wide?.delete()
  }
  return summarise(measured)
}

interface Measured {
  readonly size: string
  readonly parameters: number | null
  readonly weights: WeightFormat
  readonly requests: readonly ServedRequest[]
  readonly arms: ArmFigures
}

function countsOf(quick: boolean, domains: readonly LearnedDomain[]) {
  return quick ? { warmUp: 1, measured: 3 } : { warmUp: 2, measured: Math.ceil(28 / domains.length) }
}

function summarise(measured: readonly Measured[]): Report {
  const medians: Record<string, number> = {}
  const ratios: Record<string, number> = {}
  for (const { size, weights, arms, requests } of measured) {
    const name = `${size} ${weights}`
    for (const arm of ARMS) {
      medians[`${name} ${arm} tokens/s`] = rounded(arms[arm].tokensPerSecond)
      medians[`${name} ${arm} acceptance length`] = rounded(arms[arm].acceptanceLength)
      if (arm === 'none') continue
      ratios[`${name} ${arm}/none`] = rounded(arms[arm].speedUp)
      ratios[`${name} decoding ${arm}/none`] = rounded(arms[arm].decodingSpeedUp)
    }
    const reference = measured.find((each) => each.weights === weights)
    if (!reference || reference.size === size) continue
    const same = requests.filter((each, at) => String(each.served.none.tokens) === plainAnswer(reference, at)).length
    ratios[`${name} answers as the reference/all`] = rounded(same / requests.length)
    // In fp32 only a tie of two logits to their last bits may be decided otherwise.
    if (weights === 'fp32' && same < 0.9 * requests.length)
      throw new Error(`${size} answers otherwise than the reference`)
  }
  return { suite: 'regime', medians, ratios, raw: measured.map(rawOf) }
}

function requireExactness(size: string, requests: readonly ServedRequest[]): void {
  for (const { domain, served } of requests) {
    const changed = ARMS.find((arm) => String(served[arm].tokens) !== String(served.none.tokens))
    if (changed) throw new Error(`${size}: ${changed} changed the output of a request of ${domain}`)
  }
}

/** Numbers of tokens instead of the tokens. */
function rawOf({ requests, ...rest }: Measured) {
  const compact = requests.map(({ domain, served }) => {
    const figures = ARMS.map((arm) => {
      const { tokens, steps, ms, decodeMs } = served[arm]
      return [arm, { tokens: tokens.length, steps, ms: rounded(ms, 4), decodeMs: rounded(decodeMs, 4) }] as const
    })
    return { domain, ...Object.fromEntries(figures) }
  })
  return { ...rest, requests: compact }
}

const plainAnswer = (measured: Measured | undefined, at: number) => String(measured?.requests[at]?.served.none.tokens)
