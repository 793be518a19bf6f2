import type { DraftSession, Proposal } from '../speculator.ts'
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

  constructor(
    private readonly memory: TenantMemory,
    prompt: readonly number[],
    contextMax: number,
  ) {
    memory.sessions++
    this.own = new StreamIndex(Math.min(contextMax, prompt.length * 2 + 64), contextMax)
    this.stream = prompt.slice(-LEAD_IN)
    for (const token of prompt) this.extend(token)
  }

  commit(tokens: readonly number[]): void {
    for (const token of tokens) {
      this.judge(this.older, token)
      this.judge(this.latest, token)
      this.extend(token)
      this.stream.push(token)
    }
  }

  propose(lookaheadMax: number): Proposal {
    const pending = this.draft(Math.min(lookaheadMax, LOOKAHEAD_MAX))
    if (!unresolved(this.older) && unresolved(this.latest)) this.older = this.latest
    this.latest = pending
    return pending
  }

  close(keep: boolean): void {
    this.memory.sessions--
    if (keep) this.memory.learn(this.stream)
  }

  private draft(lookaheadMax: number): Pending {
    const pending: Pending = { tokens: [], survival: [], buckets: [], positions: [], judged: 0 }
    let survival = 1
    while (pending.tokens.length < lookaheadMax) {
      const guess = this.guess(pending.tokens.length)
      if (!guess) break
      survival *= guess.probability
      if (survival < SURVIVAL_MIN) break
      this.context[this.length + pending.tokens.length] = guess.token
      pending.tokens.push(guess.token)
      pending.survival.push(survival)
      pending.buckets.push(guess.bucket)
      pending.positions.push(guess.position)
    }
    return pending
  }

  /** The better of the two indexes' predictions for the token after `depth` draft tokens. */
  private guess(depth: number): Guess | undefined {
    const own = this.ask('request', this.own, depth)
    const tenant = this.ask('tenant', this.memory.index, depth)
    return own && (!tenant || own.probability > tenant.probability) ? own : tenant
  }

  private ask(source: 'request' | 'tenant', index: StreamIndex, depth: number): Guess | undefined {
    index.search(this.context, this.length + depth, 1, FOUND)
    const prediction: Prediction | undefined = vote(index, FOUND)
    if (!prediction) return undefined
    const { calibration } = this.memory
    const bucket = calibration.bucket({ source, depth, ...prediction })
    const position = source === 'tenant' ? prediction.position : 0
    return { token: prediction.token, probability: calibration.probability(bucket), bucket, position }
  }

  /** Compares the next token of a proposal with what the target committed; undefined when nothing is left to judge. */
  private judge(pending: Pending | undefined, token: number): boolean | undefined {
    if (!pending || !unresolved(pending)) return undefined
    const { judged } = pending
    const chosen = pending.tokens[judged] === token
    const position = pending.positions[judged] ?? 0
    this.memory.calibration.observe(pending.buckets[judged] ?? 0, chosen)
    if (chosen && position > 0) this.memory.index.credit(position)
    pending.judged = chosen ? judged + 1 : pending.tokens.length
    return chosen
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

const CONTEXT_KEPT = 32
/** Prompt tokens kept before a response in the tenant's index, so that its first tokens have a context. */
const LEAD_IN = 8
/** A draft token this unlikely to be committed never pays for its row. */
const SURVIVAL_MIN = 0.05

/** Scratch: a search and its vote never interleave with another. */
const FOUND = candidates()

function unresolved(pending: Pending | undefined): boolean {
  return pending !== undefined && pending.judged < pending.tokens.length
}
