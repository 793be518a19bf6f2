import { mergeChains, treeSurvival } from './tree.ts'

export interface Chain {
  readonly tokens: readonly number[]
  /** As in Proposal. */
  readonly survival: readonly number[]
}

/** The nodes of one or more chains, merged, in the order in which a verification should take them. */
export interface Ranking {
  /** expected[r]: tokens that verifying the best r nodes is expected to commit, the target's own included. */
  readonly expected: readonly number[]
  /** Depth that each chain reaches within the best r nodes. */
  depths(rows: number): readonly number[]
}

/**
 * Ranks nodes by survival. A node survives no better than its parent, so the best r nodes of the tree always hang
 * together: no other r nodes are expected to commit more.
 */
export function rankNodes(chains: readonly Chain[]): Ranking {
  if (chains.length === 1 && chains[0]) return rankChain(chains[0])
  const tree = mergeChains(chains.map(({ tokens }) => tokens))
  const survival = treeSurvival(
    tree,
    chains.map((chain) => chain.survival),
  )
  const order = survival.map((_, node) => node).sort((a, b) => (survival[b] ?? 0) - (survival[a] ?? 0) || a - b)
  const ranks = new Array<number>(order.length)
  const expected = [1]
  for (const [rank, node] of order.entries()) {
    ranks[node] = rank
    expected.push((expected[rank] ?? 1) + (survival[node] ?? 0))
  }
  const depths = (rows: number) =>
    tree.chains.map((chain) => {
      let depth = 0
      while (depth < chain.length && (ranks[chain[depth] ?? 0] ?? 0) < rows) depth++
      return depth
    })
  return { expected, depths }
}

function rankChain({ tokens, survival }: Chain): Ranking {
  const expected = [1]
  for (let depth = 0; depth < tokens.length; depth++) expected.push((expected[depth] ?? 1) + (survival[depth] ?? 0))
  return { expected, depths: (rows) => [Math.min(rows, tokens.length)] }
}
