import type { Committed, DraftSession, Forecast, Proposal } from '../speculator.ts'
import { candidates, type Prediction, vote } from './predict.ts'
import { StreamIndex } from './stream-index.ts'
import type { TenantMemory } from './tenants.ts'

/**
 * One live sequence. It reads two indexes: its own prompt and output, which no other request sees before it is
 * closed with `keep`, and its tenant's. Each draft token comes from the one whose prediction is likelier to hold.
 *
 * It learns from every committed token, whether or not its proposal was the one verified: what the target chose is
 * the verdict on what was proposed for that place, so this arm needs no exploration to stay calibrated.
 */
export class SuffixSession implements DraftSession {
  private readonly own: StreamIndex
  /** The latest tokens of the sequence, then room for a proposal: what searches read. */
  private readonly context = new Int32Array(CONTEXT_KEPT + LOOKAHEAD_MAX)
  private length = 0
  private readonly stream: number[]
  private latest: Pending | undefined
  /** An older proposal that was neither used up nor refuted: it still teaches what deeper positions are worth. */
  private older: Pending | undefined
  /** What would follow another arm's tokens. */
  private continuation: Pending | undefined
  /** Proposals in a row whose first token was refuted. */
  private misses = 0
  private asked = 0

  constructor(
    private readonly memory: TenantMemory,
    prompt: readonly number[],
    private readonly kind: 'greedy' | 'sampled',
    private readonly limits: { readonly contextMax: number; readonly endIds: readonly number[] },
  ) {
    memory.sessions++
    this.own = new StreamIndex(prompt.length * 2 + 64, limits.contextMax)
    this.stream = prompt.slice(-LEAD_IN)
    for (const token of prompt) this.extend(token)
  }

  /** None: proposing is free, so it simply proposes. */
  forecasts(): readonly Forecast[] {
    return []
  }

  /** It reads tokens alone. */
  prefilled(): void {}

  commit({ tokens }: Pick<Committed, 'tokens'>): void {
    this.countMiss(tokens[0])
    for (const token of tokens) {
      this.judge(this.older, token)
      this.judge(this.latest, token)
      this.judge(this.continuation, token)
      this.extend(token)
      this.stream.push(token)
    }
  }

  propose(lookaheadMax: number, survivalMin = 0): Proposal {
    const pending = this.draft(Math.min(lookaheadMax, LOOKAHEAD_MAX), Math.max(survivalMin, SURVIVAL_MIN))
    if (!unresolved(this.older) && unresolved(this.latest)) this.older = this.latest
    this.latest = pending
    return pending
  }

  continued(tokens: readonly number[], lookaheadMax: number): Pick<Proposal, 'tokens' | 'survival'> {
    const given = tokens.length
    if (given >= LOOKAHEAD_MAX || this.limits.endIds.includes(tokens[given - 1] ?? -1)) return NOTHING
    const pending = pendingAfter(tokens)
    for (const [depth, token] of pending.tokens.entries()) this.context[this.length + depth] = token
    const orderMin = this.misses < TIRED_MISSES ? 1 : TIRED_ORDER
    const length = Math.min(given + lookaheadMax, LOOKAHEAD_MAX)
    this.continuation = this.draftBehind(pending, length, SURVIVAL_MIN, orderMin)
    return { tokens: pending.tokens.slice(given), survival: pending.survival.slice(given) }
  }

  close(keep: boolean): void {
    this.memory.sessions--
    if (keep) this.memory.learn(this.stream)
  }

  private draft(lookaheadMax: number, survivalMin: number): Pending {
    return this.draftBehind(pendingAfter([]), lookaheadMax, survivalMin, this.tired() ? TIRED_ORDER : 1)
  }

  /** Adds to `pending`, until it has so many tokens, what follows those that it has. */
  private draftBehind(pending: Pending, lookaheadMax: number, survivalMin: number, orderMin: number): Pending {
    let survival = 1
    while (pending.tokens.length < lookaheadMax) {
      const guess = this.guess(pending.tokens.length, orderMin)
      if (!guess) break
      survival *= guess.probability
      if (survival < (pending.tokens.length === 0 ? SURVIVAL_MIN : survivalMin)) break
      this.context[this.length + pending.tokens.length] = guess.token
      pending.tokens.push(guess.token)
      pending.survival.push(survival)
      pending.buckets.push(guess.bucket)
      pending.positions.push(guess.position)
      if (this.limits.endIds.includes(guess.token)) break
    }
    return pending
  }

  /**
   * After many misses in a row only long matches are looked for, at the price of two hash lookups, except at every
   * TIRED_RETRY-th step: text that starts to repeat is noticed either way.
   */
  private tired(): boolean {
    this.asked++
    return this.misses >= TIRED_MISSES && this.asked % TIRED_RETRY !== 0
  }

  /** The better of the two indexes' predictions for the token after `depth` draft tokens. */
  private guess(depth: number, orderMin: number): Guess | undefined {
    const own = this.ask('request', this.own, depth, orderMin)
    const tenant = this.ask('tenant', this.memory.index, depth, orderMin)
    return own && (!tenant || own.probability > tenant.probability) ? own : tenant
  }

  private ask(source: 'request' | 'tenant', index: StreamIndex, depth: number, orderMin: number): Guess | undefined {
    index.search(this.context, this.length + depth, orderMin, FOUND)
    const prediction: Prediction | undefined = vote(index, FOUND)
    if (!prediction) return undefined
    const calibration = this.memory.calibrations[this.kind]
    const bucket = calibration.bucket({ source, depth, ...prediction })
    const position = source === 'tenant' ? prediction.position : 0
    return { token: prediction.token, probability: calibration.probability(bucket), bucket, position }
  }

  private countMiss(token: number | undefined): void {
    const { latest } = this
    if (token === undefined || latest?.judged !== 0 || !unresolved(latest)) return
    this.misses = latest.tokens[0] === token ? 0 : this.misses + 1
  }

  /** Compares the next token of a proposal with what the target committed. */
  private judge(pending: Pending | undefined, token: number): void {
    if (!pending || !unresolved(pending)) return
    const { judged } = pending
    const chosen = pending.tokens[judged] === token
    const position = pending.positions[judged] ?? 0
    const bucket = pending.buckets[judged]
    if (bucket !== undefined && bucket !== GIVEN) this.memory.calibrations[this.kind].observe(bucket, chosen)
    if (chosen && position > 0) this.memory.index.credit(position)
    pending.judged = chosen ? judged + 1 : pending.tokens.length
  }

  private extend(token: number): void {
    this.own.append(token)
    if (this.length === CONTEXT_KEPT) this.context.copyWithin(0, 1, CONTEXT_KEPT)
    else this.length++
    this.context[this.length - 1] = token
  }
}

interface Pending extends Proposal {
  readonly tokens: number[]
  readonly survival: number[]
  readonly buckets: number[]
  /** Where the tenant's index found each token; 0 for the request's own. */
  readonly positions: number[]
  /** Draft tokens whose verdict is in. */
  judged: number
}

interface Guess {
  readonly token: number
  readonly probability: number
  readonly bucket: number
  readonly position: number
}

export const LOOKAHEAD_MAX = 32

const NOTHING = { tokens: [], survival: [] }

/** The bucket of a token that another arm drafted. */
const GIVEN = -1

/** Nothing so far, behind these tokens. */
function pendingAfter(given: readonly number[]): Pending {
  return {
    tokens: [...given],
    survival: given.map(() => 1),
    buckets: given.map(() => GIVEN),
    positions: given.map(() => 0),
    version: null,
    judged: 0,
  }
}

const CONTEXT_KEPT = 32
/** Prompt tokens kept before a response in the tenant's index, so that its first tokens have a context. */
const LEAD_IN = 8
/** A draft token less likely than this to be committed hardly ever pays for its row. */
const SURVIVAL_MIN = 0.02

const TIRED_MISSES = 16
const TIRED_ORDER = 4
const TIRED_RETRY = 4

/** Scratch: a search and its vote never interleave with another. */
const FOUND = candidates()

function unresolved(pending: Pending | undefined): boolean {
  return pending !== undefined && pending.judged < pending.tokens.length
}
