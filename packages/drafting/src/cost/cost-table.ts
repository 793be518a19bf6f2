import type { Arm } from '../speculator.ts'
import { type CostPoint, CostSurface } from './surface.ts'

/** What each part of a step costs on this machine, in milliseconds: measured at boot, followed while serving. */
export class CostTable {
  private readonly target: CostSurface
  private readonly drafts: ReadonlyMap<Arm, CostSurface>

  /** Arms without points cost nothing worth counting, as the suffix arm (microseconds per token). */
  constructor(target: readonly CostPoint[], drafts: Readonly<Partial<Record<Arm, readonly CostPoint[]>>> = {}) {
    this.target = new CostSurface(target)
    this.drafts = new Map(surfaces(drafts))
  }

  /** A target run of `batch` sequences with `rows` rows each: 1 is plain decoding, 1 + γ verifies γ draft tokens. */
  targetMs(batch: number, rows: number): number {
    return this.target.ms(batch, rows)
  }

  /** One call of an arm that drafts `lookahead` tokens for each of `batch` sequences. */
  draftMs(arm: Arm, batch: number, lookahead: number): number {
    if (batch === 0 || lookahead === 0) return 0
    return this.drafts.get(arm)?.ms(batch, lookahead) ?? 0
  }

  observeTarget(batch: number, rows: number, ms: number): void {
    this.target.observe(batch, rows, ms)
  }

  observeDraft(arm: Arm, batch: number, lookahead: number, ms: number): void {
    this.drafts.get(arm)?.observe(batch, lookahead, ms)
  }
}

function surfaces(drafts: Readonly<Partial<Record<Arm, readonly CostPoint[]>>>): [Arm, CostSurface][] {
  return (Object.keys(drafts) as Arm[]).flatMap((arm) => {
    const points = drafts[arm]
    return points && points.length > 0 ? [[arm, new CostSurface(points)] as [Arm, CostSurface]] : []
  })
}
