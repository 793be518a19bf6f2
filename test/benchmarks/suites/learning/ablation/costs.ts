import { type CostPoint, CostTable, measureCosts } from '@foretoken/drafting'
import { inputOf } from '../../../target-input.ts'
import type { Fitted } from '../adapters.ts'
import type { World } from '../world.ts'
import { DRAFT_ARM } from './simulate.ts'

export interface StepCosts {
  readonly target: readonly CostPoint[]
  readonly draft: readonly CostPoint[]
}

/** What the target's runs and an adapter's chains take here for one sequence, as an engine measures it at boot. */
export async function measureStepCosts({ model, draft, artifact }: World, { bytes }: Fitted): Promise<StepCosts> {
  const adapter = await draft.readAdapter({ id: 'adp_costs', bytes })
  const hidden = new Float32Array(artifact.shape.hiddenSize).fill(0.1)
  const context = draft.contextOf(new Array<number>(CONTEXT_TOKENS).fill(1))
  const clock = () => performance.now()
  const repeats = 20
  return {
    target: await measureCosts(
      async (_batch, length) => {
        await model.target.run(inputOf(model.target, length))
      },
      clock,
      { batches: [1], lengths: [1, 2, 3, 5, 9, 17], repeats },
    ),
    draft: await measureCosts(
      async (_batch, lookahead) => {
        await draft.draft([{ hidden, context, adapter }], lookahead)
      },
      clock,
      { batches: [1], lengths: [1, 2, 4, 8, 16], repeats },
    ),
  }
}

/** Of a request like most. */
const CONTEXT_TOKENS = 128

export function costTable({ target, draft }: StepCosts): CostTable {
  return new CostTable(target, [{ [DRAFT_ARM]: draft }])
}
