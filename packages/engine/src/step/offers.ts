import type { DraftArm, Forecast, FreeOpinion, Proposal } from '@foretoken/drafting'

/** What the arms have for one sequence in this step. */
export interface Offers {
  readonly proposals: Map<DraftArm, Proposal>
  forecasts: readonly Forecast[]
  /** What the free arms say of the place; absent where they were not asked. */
  opinion?: FreeOpinion
}
