/**
 * Chains of draft tokens as one tree under the last committed token, shared prefixes merged. Nodes are numbered so that
 * parents come before children and the first chain is 0, 1, 2, …
 */
export interface DraftTree {
  /** Token of each node. */
  readonly tokens: readonly number[]
  /** Parent of each node; −1 is the last committed token. */
  readonly parents: readonly number[]
  /** chains[c][d]: the node of the token at depth d of chain c. */
  readonly chains: readonly (readonly number[])[]
}

export function mergeChains(chains: readonly (readonly number[])[]): DraftTree {
  const tokens: number[] = []
  const parents: number[] = []
  const placed = chains.map((chain) => {
    const path: number[] = []
    let parent = -1
    let shared = tokens.length > 0
    for (const token of chain) {
      const known = shared ? childOf({ tokens, parents }, parent, token) : -1
      shared = known >= 0
      parent = shared ? known : tokens.push(token) - 1
      if (!shared) parents.push(path.at(-1) ?? -1)
      path.push(parent)
    }
    return path
  })
  return { tokens, parents, chains: placed }
}

/** The child of a node (−1: of the root) that holds this token; −1 where there is none. */
export function childOf(tree: Pick<DraftTree, 'tokens' | 'parents'>, parent: number, token: number): number {
  for (let node = parent + 1; node < tree.tokens.length; node++) {
    if (tree.tokens[node] === token && tree.parents[node] === parent) return node
  }
  return -1
}

/**
 * What each node's chance to be committed is, given what each chain believes of its own tokens. Where chains agree the
 * more confident one is believed. Where they part, at most one can be right: siblings that claim more than their parent
 * has are scaled down together, with all that follows them.
 *
 * @param survivals per chain, one per token, in [0, 1] and never increasing
 */
export function treeSurvival({ parents, chains }: DraftTree, survivals: readonly (readonly number[])[]): number[] {
  const claims = new Array<number>(parents.length).fill(0)
  for (const [c, chain] of chains.entries()) {
    for (const [depth, node] of chain.entries()) {
      claims[node] = Math.max(claims[node] ?? 0, survivals[c]?.[depth] ?? 0)
    }
  }
  const claimed = new Array<number>(parents.length + 1).fill(0) // by children of node − 1
  for (const [node, parent] of parents.entries()) claimed[parent + 1] = (claimed[parent + 1] ?? 0) + (claims[node] ?? 0)
  const survival: number[] = []
  for (const [node, parent] of parents.entries()) {
    const [own, above] = parent < 0 ? [1, 1] : [claims[parent] ?? 0, survival[parent] ?? 0]
    const most = Math.max(own, claimed[parent + 1] ?? 0)
    survival.push(most > 0 ? above * ((claims[node] ?? 0) / most) : 0)
  }
  return survival
}
