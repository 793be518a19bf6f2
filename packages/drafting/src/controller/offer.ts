import type { Alternative, DraftArm } from '../speculator.ts'
import { rankNodes } from '../tree/index.ts'
import type { Branch } from './branch.ts'
import { combinedTokens } from './combined-offers.ts'
import type { StrategyAdvice } from './strategy-evidence.ts'

/** What one arm offers for one sequence. */
export type ArmOption = DraftedOption | ForecastOption

export interface DraftedOption {
  readonly arm: DraftArm
  readonly tokens: readonly number[]
  /** As in Proposal. */
  readonly survival: readonly number[]
  readonly alternatives?: readonly Alternative[]
  readonly drafted: true
}

/** Drafting still has to be paid for; the plan then says for which sequences and how far to draft. */
export interface ForecastOption {
  readonly arm: DraftArm
  /** As in Forecast. */
  readonly survival: readonly number[]
  readonly drafted: false
}

export interface SequenceState {
  readonly tenant: string
  readonly options: readonly ArmOption[]
  /** A tenant's order: only this arm, exactly this lookahead (as far as the arm proposes). */
  readonly forced?: Forced
  /** What asking has turned out to be worth at places like this one; see StrategyEvidence. Absent: nothing is known. */
  readonly advice?: StrategyAdvice
  /** Milliseconds that this step may cost the tenant if all its draft tokens are rejected; see Accounts. */
  readonly creditMs: number
}

export interface Forced {
  readonly arm?: DraftArm | 'none'
  readonly lookahead?: number
}

/** One thing that a sequence could do with some number of draft rows. */
export interface Offer {
  /** Arms that would still have to draft for it. */
  readonly undrafted: DraftArm | undefined
  /** expected[r]: tokens committed, the target's own included, with r draft rows. */
  readonly expected: readonly number[]
  /** The arm to be asked shares the rows with what is drafted. */
  readonly combined?: true
  /** A forced number of rows; absent: any. */
  readonly exactly?: number
  /** Of an undrafted offer: how far the arm is asked to draft for so many rows. */
  asked(rows: number): number
  /** Who drafts those rows, the most promising first; of an undrafted offer, what is asked for. */
  branches(rows: number): readonly Branch[]
}

/**
 * What a sequence may choose from: everything that is drafted, merged into one tree; each arm that could be asked; and
 * such an arm beside what is drafted. A forced lookahead is a chain of one arm.
 */
export function offersOf({ options, forced }: SequenceState): Offer[] {
  const drafted: DraftedOption[] = []
  const undrafted: ForecastOption[] = []
  const exact: Offer[] = []
  for (const option of options) {
    if (forced?.arm !== undefined && forced.arm !== option.arm) continue
    if (forced?.lookahead !== undefined) exact.push(...exactOffer(option, forced.lookahead))
    else if (!option.drafted) undrafted.push(option)
    else if (option.tokens.length > 0) drafted.push(option)
  }
  if (exact.length > 0) return exact
  const tree = drafted.length > 0 ? treeOffer(drafted) : undefined
  const offers: Offer[] = tree ? [tree] : []
  for (const option of undrafted) {
    offers.push(chainOffer(option))
    if (tree) offers.push(combinedOffer(tree, drafted, option))
  }
  return offers
}

function exactOffer(option: ArmOption, lookahead: number): Offer[] {
  const exactly = Math.min(lookahead, option.survival.length)
  return exactly > 0 ? [{ ...chainOffer(option), exactly }] : []
}

function chainOffer({ arm, survival, drafted }: ArmOption): Offer {
  const expected = [1]
  let tokens = 1
  for (const each of survival) {
    tokens += each
    expected.push(tokens)
  }
  return {
    undrafted: drafted ? undefined : arm,
    expected,
    asked: (rows) => Math.min(rows, survival.length),
    branches: (rows) => [{ arm, lookahead: Math.min(rows, survival.length) }],
  }
}

function treeOffer(options: readonly DraftedOption[]): Offer {
  const paths: Path[] = []
  for (const option of options) addPaths(option, paths)
  const { expected, depths } = rankNodes(paths)
  return { undrafted: undefined, expected, asked: () => 0, branches: (rows) => branchesOf(paths, depths(rows)) }
}

/** From the last committed token down: an arm's chain, or the part of it before an alternative, and that. */
interface Path {
  readonly arm: DraftArm
  readonly tokens: readonly number[]
  readonly survival: readonly number[]
  readonly alternative?: number
}

function addPaths({ arm, tokens, survival, alternatives = [] }: DraftedOption, paths: Path[]): void {
  paths.push({ arm, tokens, survival })
  for (const [alternative, { after, ...own }] of alternatives.entries()) {
    paths.push({
      arm,
      tokens: [...tokens.slice(0, after), ...own.tokens],
      survival: [...survival.slice(0, after), ...own.survival],
      alternative,
    })
  }
}

function combinedOffer(tree: Offer, options: readonly DraftedOption[], { arm, survival }: ForecastOption): Offer {
  const gains = tree.expected.slice(1).map((tokens, row) => tokens - (tree.expected[row] ?? 0))
  const drafted = survival.map((_, depth) => surestAt(options, depth))
  const { expected, asked } = combinedTokens(gains, drafted, survival)
  return {
    ...{ undrafted: arm, combined: true, expected },
    asked: (rows) => asked[rows] ?? 0,
    branches: (rows) => [{ arm, lookahead: asked[rows] ?? 0 }],
  }
}

function surestAt(options: readonly DraftedOption[], depth: number): number {
  let most = 0
  for (const { survival } of options) most = Math.max(most, survival[depth] ?? 0)
  return most
}

/**
 * Drops what another branch says as well, and puts the branch first that is expected to go furthest. A chain that an
 * alternative goes on from stays: it is what its arm proposed.
 */
function branchesOf(paths: readonly Path[], depths: readonly number[]): Branch[] {
  const reaching = paths
    .map(({ survival, ...path }, at) => {
      const own = path.tokens.slice(0, depths[at])
      const hope = own.reduce((sum, _, i) => sum + (survival[i] ?? 0), 0)
      return { ...path, lookahead: own.length, tokens: own, hope }
    })
    .filter(({ lookahead }) => lookahead > 0)
    .sort((a, b) => b.hope - a.hope)
  return reaching
    .filter(({ tokens, alternative }, at) => {
      const isChain = alternative === undefined
      const says = (other: { tokens: readonly number[] }) => tokens.every((token, i) => other.tokens[i] === token)
      return !reaching.some((other, i) => {
        if (i === at || !says(other) || (isChain && other.alternative !== undefined)) return false
        return other.tokens.length > tokens.length || i < at || (!isChain && other.alternative === undefined)
      })
    })
    .map(({ arm, lookahead, alternative }) => ({ arm, lookahead, ...(alternative !== undefined && { alternative }) }))
}
