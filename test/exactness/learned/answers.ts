import type { Engine } from '@foretoken/engine'
import { expect } from 'vitest'
import { type Completion, type CompletionRequest, complete, mapConcurrently } from '../../engine/generate.ts'
import { TENANTS, type World } from './world.ts'

export interface Answer {
  readonly asked: CompletionRequest
  readonly way: NonNullable<CompletionRequest['speculation']>
  readonly expected: Completion | undefined
  readonly got: Completion
}

/** What requests may ask for side by side. */
const WAYS: readonly Answer['way'][] = [
  { arm: 'static' },
  { arm: 'adaptive' },
  { arm: 'auto' },
  { arm: 'adaptive', lookahead: 1 },
  { arm: 'static', lookahead: 5 },
  { arm: 'auto', lookahead: 3 },
  { arm: 'adaptive', lookahead: 9 },
  { arm: 'adaptive', lookahead: 4 },
  { arm: 'static', lookahead: 12 },
  { arm: 'none' },
]

export interface ServeOptions {
  /** Requests in flight. */
  readonly width: number
  /** Who asks for what: the place in WAYS of the tenants' first requests. */
  readonly shift: number
  /** Every so many-th request of each tenant. */
  readonly stride?: number
}

export function serve(engine: Engine, { requests, plain }: World, { width, shift, stride = 1 }: ServeOptions) {
  const all = requests.map((asked, index) => ({ asked, expected: plain[index] }))
  const chosen = all.filter((_, index) => Math.floor(index / TENANTS.length) % stride === 0)
  return mapConcurrently(chosen, width, async (each, index): Promise<Answer> => {
    const way = WAYS[(Math.floor(index / TENANTS.length) + shift) % WAYS.length] ?? { arm: 'auto' }
    return { ...each, way, got: await complete(engine, { ...each.asked, speculation: way }) }
  })
}

export function expectSame(answers: readonly Pick<Answer, 'got' | 'expected'>[]): void {
  const outcome = (one: Completion | undefined) => ({ tokens: one?.tokens, text: one?.text, reason: one?.reason })
  expect(answers.map(({ got }) => outcome(got))).toEqual(answers.map(({ expected }) => outcome(expected)))
}

/** Draft tokens of some versions, and how many of them the target took. */
export function drafted(answers: readonly Answer[], isOne: (version: string) => boolean) {
  const arms = answers.flatMap(({ got }) => got.speculation.arms.filter(({ draftVersion: id }) => id && isOne(id)))
  const total = (lists: readonly (readonly number[])[]) => lists.flat().reduce((sum, count) => sum + count, 0)
  return {
    proposed: total(arms.map(({ proposed }) => proposed)),
    accepted: total(arms.map(({ accepted }) => accepted)),
  }
}

/** What served an answer's steps. */
export function versionsOf({ got }: Answer, arm: 'static' | 'adaptive'): (string | null)[] {
  return got.speculation.arms.flatMap((each) => (each.arm === arm && each.steps > 0 ? [each.draftVersion] : []))
}
