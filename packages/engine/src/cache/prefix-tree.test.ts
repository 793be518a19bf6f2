import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PrefixTree } from './prefix-tree.ts'

const BLOCK = 2

/** A block as the naive reference knows it: whose it is, all tokens up to its end, and what was stored for it. */
interface Entry {
  readonly tenant: string
  readonly prefix: readonly number[]
  readonly value: string
}

/** The same policy on plain lists, in the order of use: nothing is linked, everything is searched. */
class NaivePrefixes {
  fresh: Entry[] = []
  proven: Entry[] = []

  constructor(readonly blocksMax: number) {}

  get entries(): Entry[] {
    return [...this.fresh, ...this.proven]
  }

  path(tenant: string, tokens: readonly number[]): Entry[] {
    const path: Entry[] = []
    for (let end = BLOCK; end <= tokens.length; end += BLOCK) {
      const prefix = tokens.slice(0, end).join()
      const entry = this.entries.find((each) => each.tenant === tenant && each.prefix.join() === prefix)
      if (!entry) break
      path.push(entry)
    }
    return path
  }

  match(tenant: string, tokens: readonly number[]): string[] {
    const path = this.path(tenant, tokens)
    const others = (entries: Entry[]) => entries.filter((entry) => !path.includes(entry))
    this.fresh = others(this.fresh)
    this.proven = [...others(this.proven), ...path.toReversed()]
    while (this.proven.length > 0.8 * this.blocksMax) this.fresh.push(...this.proven.splice(0, 1))
    return path.map(({ value }) => value)
  }

  extend(tenant: string, tokens: readonly number[], make: (start: number) => string): void {
    const held = this.path(tenant, tokens)
    const added: Entry[] = []
    const blocks = Math.min(Math.floor(tokens.length / BLOCK), this.blocksMax)
    for (let block = held.length; block < blocks; block++) {
      if (this.entries.length + added.length === this.blocksMax) this.evict(held)
      added.push({ tenant, prefix: tokens.slice(0, (block + 1) * BLOCK), value: make(block * BLOCK) })
    }
    const path = [...held, ...added].toReversed()
    const isProven = (entry: Entry) => this.proven.includes(entry)
    const [fresh, proven] = [path.filter((entry) => !isProven(entry)), path.filter(isProven)]
    this.fresh = [...this.fresh.filter((entry) => !held.includes(entry)), ...fresh]
    this.proven = [...this.proven.filter((entry) => !held.includes(entry)), ...proven]
  }

  forget(tenant: string): string[] {
    const gone = this.entries.filter((entry) => entry.tenant === tenant)
    this.fresh = this.fresh.filter((entry) => entry.tenant !== tenant)
    this.proven = this.proven.filter((entry) => entry.tenant !== tenant)
    return gone.map(({ value }) => value)
  }

  private evict(held: readonly Entry[]): void {
    const isFree = (entry: Entry) => !held.includes(entry)
    const victim = this.fresh.find(isFree) ?? this.proven.find(isFree)
    this.fresh = this.fresh.filter((entry) => entry !== victim)
    this.proven = this.proven.filter((entry) => entry !== victim)
  }
}

interface Both {
  readonly tree: PrefixTree<string>
  stamp: number
}

/** What holds after every operation, by what a match would find without being one. */
function check(model: NaivePrefixes, { tree }: Both): void {
  expect(tree.size).toBe(model.entries.length)
  expect(tree.size).toBeLessThanOrEqual(model.blocksMax)
  for (const { tenant, prefix } of model.entries) expect(model.path(tenant, prefix)).toHaveLength(prefix.length / BLOCK)
}

/** Few tokens, so that prefixes meet; the ids are such that a careless join of them would confuse blocks. */
const tokensOf = fc.array(fc.constantFrom(1, 11, 111), { maxLength: 9 })
const tenantOf = fc.constantFrom('ten_a', 'ten_b', '__proto__')

type Command = fc.Command<NaivePrefixes, Both>

class Match implements Command {
  constructor(
    readonly tenant: string,
    readonly tokens: readonly number[],
  ) {}
  check = () => true
  toString = () => `match ${this.tenant} [${this.tokens}]`
  run(model: NaivePrefixes, both: Both): void {
    expect(both.tree.match(this.tenant, this.tokens)).toEqual(model.match(this.tenant, this.tokens))
    check(model, both)
  }
}

class Extend implements Command {
  constructor(
    readonly tenant: string,
    readonly tokens: readonly number[],
  ) {}
  check = () => true
  toString = () => `extend ${this.tenant} [${this.tokens}]`
  run(model: NaivePrefixes, both: Both): void {
    const { stamp } = both
    const value = (start: number) => `${this.tenant} ${this.tokens.slice(0, start + BLOCK)} #${stamp}`
    const known = new Set(model.entries.map((entry) => entry.value))
    both.tree.extend(this.tenant, this.tokens, (start, evicted) => {
      if (evicted !== undefined) expect(known.delete(evicted)).toBe(true) // held until now, and handed out once
      return value(start)
    })
    model.extend(this.tenant, this.tokens, value)
    both.stamp++
    check(model, both)
  }
}

class Forget implements Command {
  constructor(readonly tenant: string) {}
  check = () => true
  toString = () => `forget ${this.tenant}`
  run(model: NaivePrefixes, both: Both): void {
    expect(both.tree.forget(this.tenant).sort()).toEqual(model.forget(this.tenant).sort())
    expect(both.tree.match(this.tenant, [1, 1, 1, 1])).toEqual([])
    check(model, both)
  }
}

const commands = [
  fc.tuple(tenantOf, tokensOf).map((args) => new Match(...args)),
  fc.tuple(tenantOf, tokensOf).map((args) => new Extend(...args)),
  fc.tuple(tenantOf, tokensOf).map((args) => new Extend(...args)),
  tenantOf.map((tenant) => new Forget(tenant)),
]

describe('the tree of prefixes', () => {
  test('finds, evicts and forgets what plain lists would, within its budget, whatever happens to it', () => {
    const budgets = fc.integer({ min: 0, max: 12 })
    fc.assert(
      fc.property(budgets, fc.commands(commands, { size: '+1' }), (blocksMax, run) => {
        const setup = () => ({
          model: new NaivePrefixes(blocksMax),
          real: { tree: new PrefixTree<string>(BLOCK, blocksMax), stamp: 0 },
        })
        fc.modelRun(setup, run)
      }),
      { numRuns: 150 },
    )
  })

  test('with room for all finds the longest common prefix of what its tenant sent, in whole blocks', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(tenantOf, tokensOf)), tenantOf, tokensOf, (sent, tenant, tokens) => {
        const tree = new PrefixTree<number>(BLOCK, 1000)
        for (const [sender, each] of sent) tree.extend(sender, each, (start) => start)
        const shared = sent.map(([sender, each]) => {
          const differs = tokens.findIndex((token, at) => token !== each[at])
          const length = Math.min(differs < 0 ? tokens.length : differs, each.length)
          return sender === tenant ? Math.floor(length / BLOCK) : 0
        })
        expect(tree.match(tenant, tokens)).toHaveLength(Math.max(0, ...shared))
      }),
    )
  })

  test('keeps what is asked for again through any number of prompts that are not', () => {
    const tree = new PrefixTree<null>(BLOCK, 10)
    const system = [7, 7, 8, 8, 9, 9]
    tree.extend('ten_a', system, () => null)
    tree.match('ten_a', system)
    for (let prompt = 100; prompt < 200; prompt++) tree.extend('ten_b', [prompt, prompt, prompt, prompt], () => null)
    expect(tree.match('ten_a', system)).toHaveLength(3)
    expect(tree.match('ten_b', [199, 199, 199, 199])).toHaveLength(2)
    expect(tree.match('ten_b', [100, 100])).toEqual([])
  })
})
