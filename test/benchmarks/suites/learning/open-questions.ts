import { openQuestions } from '@foretoken/workloads'
import { WAYS } from './arms.ts'
import { figuresOf, type WayFigures } from './measure.ts'
import { type Served, serve } from './serve.ts'
import { tokensOf, type World } from './world.ts'

/** Ways of a tenant of whom nothing is known. */
export const OPEN_WAYS = ['none', 'suffix', 'static', 'static+suffix'] as const
export type OpenWay = (typeof OPEN_WAYS)[number]

export interface OpenQuestionsResult {
  readonly requests: number
  readonly ways: Readonly<Record<OpenWay, WayFigures>>
}

/**
 * What the static draft is worth where nothing was learned: questions of no tenant's, of the kinds that general drafts
 * are trained on, by a seed that the recipe doesn't use. Every question is a tenant's first.
 */
export async function playOpenQuestions(world: World, count: number): Promise<OpenQuestionsResult> {
  const served: Record<OpenWay, Served[]> = { none: [], suffix: [], static: [], 'static+suffix': [] }
  for (const [index, prompt] of questions(world, count + 1).entries()) {
    for (let at = 0; at < OPEN_WAYS.length; at++) {
      const name = OPEN_WAYS[(at + index) % OPEN_WAYS.length]
      const way = WAYS.find((each) => each.name === name)
      if (!name || !way) throw new Error('no such way')
      const one = await serve(world, { domain: `open question ${index}`, prompt, way })
      if (index > 0) served[name].push(one) // the first warms up
    }
  }
  const figures = (way: OpenWay) => figuresOf(served[way], served.none)
  world.log(`open questions: static ${figures('static').speedUp.total.toFixed(2)}× plain`)
  return {
    requests: served.none.length,
    ways: {
      none: figures('none'),
      suffix: figures('suffix'),
      static: figures('static'),
      'static+suffix': figures('static+suffix'),
    },
  }
}

const HELD_OUT_SEED = 20_261

/** The kinds take turns. */
function questions(world: World, count: number): (readonly number[])[] {
  const kinds = openQuestions.map((workload) => workload.prompts(HELD_OUT_SEED))
  return Array.from({ length: count }, (_, at) => {
    const chat = kinds[at % kinds.length]?.next().value
    return tokensOf(world, chat ?? '')
  })
}
