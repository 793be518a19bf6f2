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
  /** Who drafts those rows, the most promising first; of an undrafted offer, what is asked for. */
  branches(rows: number): readonly Branch[]
}

/**
 * What a sequence may choose from: everything that is drafted, merged into one tree; each arm that could be asked; and
 * such an arm beside what is drafted. A forced lookahead is a chain of one arm.
 */
export function offersOf({ options, forced }: SequenceState): Offer[] {
  const allowed = options.filter(({ arm }) => forced?.arm === undefined || forced.arm === arm)
  const { lookahead } = forced ?? {}
  if (lookahead !== undefined) return allowed.flatMap((option) => exactOffer(option, lookahead))
  const drafted = allowed.flatMap((option) => (option.drafted && option.tokens.length > 0 ? [option] : []))
  const undrafted = allowed.flatMap((option) => (option.drafted ? [] : [option]))
  const asked = undrafted.map((option) => chainOffer(option))
  if (drafted.length === 0) return asked
  const tree = treeOffer(drafted)
  return [tree, ...asked, ...undrafted.map((option) => combinedOffer(tree, drafted, option))]
}

function exactOffer(option: ArmOption, lookahead: number): Offer[] {
  const exactly = Math.min(lookahead, option.survival.length)
  return exactly > 0 ? [{ ...chainOffer(option), exactly }] : []
}

function chainOffer({ arm, survival, drafted }: ArmOption): Offer {
  const expected = [1]
  for (const [depth, each] of survival.entries()) expected.push((expected[depth] ?? 1) + each)
  return {
    undrafted: drafted ? undefined : arm,
    expected,
    branches: (rows) => [{ arm, lookahead: Math.min(rows, survival.length) }],
  }
}

function treeOffer(options: readonly DraftedOption[]): Offer {
  const paths = options.flatMap(pathsOf)
  const { expected, depths } = rankNodes(paths)
  return { undrafted: undefined, expected, branches: (rows) => branchesOf(paths, depths(rows)) }
}

/** From the last committed token down: an arm's chain, or the part of it before an alternative, and that. */
interface Path {
  readonly arm: DraftArm
  readonly tokens: readonly number[]
  readonly survival: readonly number[]
  readonly alternative?: number
}

function pathsOf({ arm, tokens, survival, alternatives = [] }: DraftedOption): Path[] {
  const others = alternatives.map((each, alternative): Path => {
    const before = <Value>(values: readonly Value[]) => values.slice(0, each.after)
    return {
      arm,
      tokens: [...before(tokens), each.token],
      survival: [...before(survival), each.survival],
      alternative,
    }
  })
  return [{ arm, tokens, survival }, ...others]
}

function combinedOffer(tree: Offer, options: readonly DraftedOption[], { arm, survival }: ForecastOption): Offer {
  const gains = tree.expected.slice(1).map((tokens, row) => tokens - (tree.expected[row] ?? 0))
  const drafted = survival.map((_, depth) => Math.max(...options.map((option) => option.survival[depth] ?? 0)))
  const { expected, asked } = combinedTokens(gains, drafted, survival)
  return { undrafted: arm, combined: true, expected, branches: (rows) => [{ arm, lookahead: asked[rows] ?? 0 }] }
}

/** Drops what another branch says as well, and puts the branch first that is expected to go furthest. */
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
    .filter(({ tokens }, at) => {
      const says = (other: { tokens: readonly number[] }) => tokens.every((token, i) => other.tokens[i] === token)
      return !reaching.some((other, i) => i !== at && says(other) && (other.tokens.length > tokens.length || i < at))
    })
    .map(({ arm, lookahead, alternative }) => ({ arm, lookahead, ...(alternative !== undefined && { alternative }) }))
}
