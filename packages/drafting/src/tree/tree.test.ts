import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Chain, rankNodes } from './best-first.ts'
import { childOf, mergeChains, treeSurvival } from './tree.ts'

/** Few tokens, so that chains often agree for a while. */
const chain: fc.Arbitrary<Chain> = fc
  .array(fc.record({ token: fc.nat(2), chance: fc.double({ min: 0, max: 1, noNaN: true }) }), { maxLength: 6 })
  .map((links) => ({
    tokens: links.map(({ token }) => token),
    survival: links.map((_, at) => links.slice(0, at + 1).reduce((product, { chance }) => product * chance, 1)),
  }))
const chains = fc.array(chain, { minLength: 1, maxLength: 3 })

describe('a tree of chains', () => {
  it('holds each distinct prefix once, parents first, and the first chain in order', () => {
    fc.assert(
      fc.property(chains, (given) => {
        const tree = mergeChains(given.map(({ tokens }) => tokens))
        const textOf = (node: number): string => {
          const parent = tree.parents[node] ?? -1
          expect(parent).toBeLessThan(node)
          return `${parent < 0 ? '' : textOf(parent)}${tree.tokens[node]}`
        }
        const prefixes = new Set(given.flatMap(({ tokens }) => tokens.map((_, at) => tokens.slice(0, at + 1).join(''))))
        const texts = tree.tokens.map((_, node) => textOf(node))
        expect(new Set(texts)).toEqual(prefixes)
        expect(texts).toHaveLength(prefixes.size)
        for (const [c, nodes] of tree.chains.entries()) {
          expect(nodes.map((node) => tree.tokens[node])).toEqual(given[c]?.tokens)
          if (c === 0) expect(nodes).toEqual(nodes.map((_, at) => at))
          let parent = -1
          for (const node of nodes) {
            expect(childOf(tree, parent, tree.tokens[node] ?? -1)).toBe(node)
            parent = node
          }
          expect(childOf(tree, parent, 99)).toBe(-1)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('believes the more confident of chains that agree, and never gives siblings more than their parent has', () => {
    fc.assert(
      fc.property(chains, (given) => {
        const tree = mergeChains(given.map(({ tokens }) => tokens))
        const survival = treeSurvival(
          tree,
          given.map((each) => each.survival),
        )
        const parents = [-1, ...survival.keys()]
        for (const parent of parents) {
          const children = survival.filter((_, node) => tree.parents[node] === parent)
          const above = parent < 0 ? 1 : (survival[parent] ?? 0)
          expect(children.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(above * (1 + 1e-12))
          for (const each of children) expect(each).toBeLessThanOrEqual(above)
        }
        const undisputed = new Set(given.map(({ tokens }) => tokens[0])).size === 1
        if (undisputed && survival.length > 0)
          expect(survival[0]).toBe(Math.max(...given.map((each) => each.survival[0] ?? 0)))
      }),
      { numRuns: 500 },
    )
  })

  it('ranks nodes so that no other subtree of as many is expected to commit more', () => {
    fc.assert(
      fc.property(chains, (given) => {
        const { expected, depths } = rankNodes(given)
        const best = bestOfAllSubtrees(given)
        expect(expected).toHaveLength(best.length)
        for (const [rows, tokens] of expected.entries()) {
          expect(tokens).toBeCloseTo(best[rows] ?? Number.NaN, 9)
          const cut = given.map(({ tokens: all }, c) => all.slice(0, depths(rows)[c]))
          expect(mergeChains(cut).tokens).toHaveLength(rows)
        }
      }),
      { numRuns: 300 },
    )
  })
})

/** Expected tokens of the best prefix-closed set of each size, by looking at every set of depths. */
function bestOfAllSubtrees(given: readonly Chain[]): number[] {
  const tree = mergeChains(given.map(({ tokens }) => tokens))
  const survival = treeSurvival(
    tree,
    given.map((each) => each.survival),
  )
  const best: number[] = []
  let cuts: number[][] = [[]]
  for (const { tokens } of given)
    cuts = cuts.flatMap((cut) => Array.from({ length: tokens.length + 1 }, (_, d) => [...cut, d]))
  for (const cut of cuts) {
    const nodes = new Set(tree.chains.flatMap((chain, c) => chain.slice(0, cut[c])))
    const tokens = [...nodes].reduce((sum, node) => sum + (survival[node] ?? 0), 1)
    best[nodes.size] = Math.max(best[nodes.size] ?? 0, tokens)
  }
  return best
}
