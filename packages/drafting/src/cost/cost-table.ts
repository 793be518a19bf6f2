import { ARMS, type Arm, type DraftArm } from '../speculator.ts'
import { type CostPoint, CostSurface } from './surface.ts'

/** What calls of one speculator were measured to cost, by arm. All its arms draft in one call, at the dearest's price. */
export type DraftCosts = Readonly<Partial<Record<DraftArm, readonly CostPoint[]>>>

/** What each part of a step costs on this machine, in milliseconds: measured at boot, followed while serving. */
export class CostTable {
  private readonly target: CostSurface
  /**
   * How much longer a target run takes for coming after a draft: the draft's weights pushed its own out of the caches,
   * and its threads have slept. That is a price of drafting; taken for a slower machine it would make plain decoding
   * look dear, and drafting the better for it.
   */
  private aftermath = 1
  private readonly drafts: ReadonlyMap<Arm, CostSurface>
  /** The arms that draft in one call, for each that there is. */
  private readonly calls: readonly (readonly Arm[])[]

  /** Arms without points cost nothing worth counting, as the suffix arm (microseconds per token). */
  constructor(target: readonly CostPoint[], drafts: readonly DraftCosts[] = []) {
    this.target = new CostSurface(target)
    const surfaces = drafts.map((costs) =>
      ARMS.flatMap((arm): [Arm, CostSurface][] => {
        const points = arm === 'none' ? [] : (costs[arm] ?? [])
        return points.length === 0 ? [] : [[arm, new CostSurface(points)]]
      }),
    )
    this.drafts = new Map(surfaces.flat())
    this.calls = surfaces.filter((each) => each.length > 0).map((each) => each.map(([arm]) => arm))
  }

  /**
   * A target run of `batch` sequences with `rows` rows each: 1 is plain decoding, 1 + γ verifies γ draft tokens.
   * @param drafted whether some draft that has a price comes before it
   */
  targetMs(batch: number, rows: number, drafted = false): number {
    return this.target.ms(batch, rows) * (drafted ? this.aftermath : 1)
  }

  /** What one more draft row of one sequence adds, on average up to `lookaheadMax` rows of each of `batch`. */
  rowMs(batch: number, lookaheadMax: number): number {
    if (lookaheadMax <= 0) return 0
    return (this.targetMs(batch, 1 + lookaheadMax) - this.targetMs(batch, 1)) / (batch * lookaheadMax)
  }

  /** One call of an arm that drafts `lookahead` tokens for each of `batch` sequences. */
  draftMs(arm: Arm, batch: number, lookahead: number): number {
    if (batch === 0 || lookahead === 0) return 0
    return this.drafts.get(arm)?.ms(batch, lookahead) ?? 0
  }

  /** All these drafts, arms of one speculator in one call: as many as there are, as far as the longest. */
  draftsMs(requests: readonly { readonly arm: Arm; readonly lookahead: number }[]): number {
    let ms = 0
    for (const arms of this.calls) {
      let batch = 0
      let longest = 0
      for (const { arm, lookahead } of requests) {
        if (lookahead === 0 || !arms.includes(arm)) continue
        batch++
        longest = Math.max(longest, lookahead)
      }
      let dearest = 0
      for (const { arm, lookahead } of batch > 0 ? requests : []) {
        if (lookahead > 0 && arms.includes(arm)) dearest = Math.max(dearest, this.draftMs(arm, batch, longest))
      }
      ms += dearest
    }
    return ms
  }

  observeTarget(batch: number, rows: number, ms: number, drafted = false): void {
    if (!drafted) {
      this.target.observe(batch, rows, ms)
      this.aftermath += (1 - this.aftermath) * AFTERMATH_FADING
      return
    }
    const surprise = Math.log(ms / this.targetMs(batch, rows, true))
    this.target.observe(batch, rows, ms / this.aftermath, AFTERMATH_SHARE)
    if (!Number.isFinite(surprise)) return
    const factor = Math.exp(AFTERMATH_RATE * Math.min(Math.max(surprise, -SURPRISE_MAX), SURPRISE_MAX))
    this.aftermath = Math.min(Math.max(this.aftermath * factor, 1), AFTERMATH_MAX)
  }

  /** A call took this long for all these drafts: its dearest arm learns from it. */
  observeDrafts(requests: readonly { readonly arm: Arm; readonly lookahead: number }[], ms: number): void {
    const lookahead = Math.max(0, ...requests.map((request) => request.lookahead))
    const surfaces = requests.flatMap(({ arm }) => this.drafts.get(arm) ?? [])
    const price = (surface: CostSurface) => surface.ms(requests.length, lookahead)
    const [dearest] = surfaces.sort((a, b) => price(b) - price(a))
    dearest?.observe(requests.length, lookahead, ms)
  }
}

const AFTERMATH_RATE = 0.05
/** So that one that is too high does not keep an arm from ever being tried again. */
const AFTERMATH_FADING = 0.005
const AFTERMATH_MAX = 1.3
const SURPRISE_MAX = Math.LN2
/** What a run after a draft counts for among those that were not: enough to follow the machine where all draft. */
const AFTERMATH_SHARE = 0.3
