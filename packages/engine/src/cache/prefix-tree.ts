/**
 * What is cached of token prefixes, by tenant: a tree of blocks of tokens, at most `blocksMax` of them. A node's
 * children are found by their tokens themselves, not by a hash of them, and each tenant has a root of its own, so
 * that a hit in another tenant's blocks or on other tokens can't be expressed.
 *
 * A full tree evicts a leaf: the one that was used longest ago among those that nothing has matched since they came,
 * and only where there is none, among the proven ones. So a burst of prompts that never come again passes through
 * without costing a tenant its system prompt. Proven blocks fill at most 80 %; beyond, the oldest lose that rank
 * (segmented LRU; Karedla, Love, Wherry, "Caching strategies to improve disk system performance", 1994).
 *
 * Each operation is linear in the blocks of its tokens. A path is touched from its end to its root, which leaves a
 * parent always younger than its children: the oldest block of a rank is therefore a leaf, and no search is needed.
 */
export class PrefixTree<Value> {
  private readonly roots = new Map<string, Children<Value>>()
  /** In the order of their last use, the oldest first. */
  private readonly fresh = new Set<Node<Value>>()
  private readonly proven = new Set<Node<Value>>()
  private count = 0

  constructor(
    readonly blockTokens: number,
    readonly blocksMax: number,
  ) {}

  /** Blocks held. */
  get size(): number {
    return this.count
  }

  /** The values of the longest cached prefix of `tokens`, whole blocks only. Using them proves their worth. */
  match(tenant: string, tokens: readonly number[]): Value[] {
    const path = this.walk(tenant, tokens)
    for (const node of path) this.hold(node)
    for (const node of path) node.proven = true
    this.touch(path)
    for (const node of this.proven) {
      if (this.proven.size <= this.blocksMax * PROVEN_SHARE) break
      this.hold(node)
      node.proven = false
      this.touch([node])
    }
    return path.map(({ value }) => value)
  }

  /**
   * Adds what is missing of `tokens`, whole blocks only, as far as the tree can hold them at once.
   *
   * @param make the value of the block whose first token has index `start`, out of an evicted one where there is one
   */
  extend(tenant: string, tokens: readonly number[], make: (start: number, evicted: Value | undefined) => Value): void {
    const path = this.walk(tenant, tokens)
    for (const node of path) this.hold(node) // what is being extended must not be evicted for it
    const blocks = Math.min(Math.floor(tokens.length / this.blockTokens), this.blocksMax)
    for (let block = path.length; block < blocks; block++) {
      const start = block * this.blockTokens
      const evicted = this.count < this.blocksMax ? undefined : this.evict()
      const parent = path.at(-1)
      const node = { tenant, parent, id: this.idAt(tokens, start), value: make(start, evicted), proven: false }
      path.push(this.attach({ ...node, children: new Map() }))
    }
    this.touch(path)
  }

  /** Deletes all blocks of a tenant. @returns their values */
  forget(tenant: string): Value[] {
    const nodes = [...(this.roots.get(tenant)?.values() ?? [])]
    for (const node of nodes) nodes.push(...node.children.values()) // grows while it is read: the whole subtree
    this.roots.delete(tenant)
    for (const node of nodes) this.hold(node)
    this.count -= nodes.length
    return nodes.map(({ value }) => value)
  }

  /** The nodes along `tokens`, from the root. */
  private walk(tenant: string, tokens: readonly number[]): Node<Value>[] {
    const path: Node<Value>[] = []
    let children = this.roots.get(tenant)
    for (let start = 0; start + this.blockTokens <= tokens.length; start += this.blockTokens) {
      const node = children?.get(this.idAt(tokens, start))
      if (!node) break
      path.push(node)
      children = node.children
    }
    return path
  }

  /** A block's tokens as what they are found by. */
  private idAt(tokens: readonly number[], start: number): string {
    return tokens.slice(start, start + this.blockTokens).join()
  }

  /** Takes a node out of the order of eviction. */
  private hold(node: Node<Value>): void {
    this.rankOf(node).delete(node)
  }

  /** Makes the held nodes of a path the youngest of their ranks, each younger than what follows it. */
  private touch(path: readonly Node<Value>[]): void {
    for (const node of path.toReversed()) this.rankOf(node).add(node)
  }

  private rankOf({ proven }: Node<Value>): Set<Node<Value>> {
    return proven ? this.proven : this.fresh
  }

  private attach(node: Node<Value>): Node<Value> {
    const siblings = node.parent?.children ?? this.roots.get(node.tenant) ?? new Map()
    if (!node.parent) this.roots.set(node.tenant, siblings)
    siblings.set(node.id, node)
    this.count++
    return node
  }

  private evict(): Value | undefined {
    const [node] = this.fresh.size > 0 ? this.fresh : this.proven
    if (!node) return undefined
    this.hold(node)
    const siblings = node.parent?.children ?? this.roots.get(node.tenant)
    siblings?.delete(node.id)
    if (!node.parent && siblings?.size === 0) this.roots.delete(node.tenant)
    this.count--
    return node.value
  }
}

const PROVEN_SHARE = 0.8

interface Node<Value> {
  readonly tenant: string
  readonly parent: Node<Value> | undefined
  readonly id: string
  readonly value: Value
  readonly children: Children<Value>
  /** Something has matched it, and it has not been pushed out of the proven ones since. */
  proven: boolean
}

type Children<Value> = Map<string, Node<Value>>
