import { describe, expect, it } from 'vitest'
import { CostTable } from '../cost/index.ts'
import { SuffixSpeculator } from '../suffix/index.ts'
import { Accounts, CREDIT_MAX, CREDIT_START, LOSS_SHARE } from './accounts.ts'
import { drawAt } from './draw.ts'
import type { ArmOption } from './offer.ts'
import { planStep } from './plan.ts'

/** Writes the next token of a tenant's made-up text, given what was written before. */
type Author = (step: number, text: readonly number[]) => number

const LOOKAHEADS = [1, 2, 4, 8]
const TOKENS = 6_000
const ALPHABET = 400

/** Milliseconds of a target run: rows cost much (computing bound) or little (memory bound). */
const MACHINES = { computing: (rows: number) => 3 + 0.6 * rows, memory: (rows: number) => 8 + 0.1 * rows }

const AUTHORS: Record<string, Author> = {
  'repeats a long text with few changes': (step) => noisy(step, 0.02, step % 300),
  'repeats a text with many changes': (step) => noisy(step, 0.25, step % 300),
  'writes at random': (step) => noisy(step, 1, 0),
  'changes from repetition to randomness and back': (step) => noisy(step, Math.floor(step / 2_000) % 2, step % 300),
  'draws the next token from a few that follow the last': (step, text) => follower(text.at(-1) ?? 0, drawAt(2, step)),
}

describe.each(Object.entries(AUTHORS))('a tenant that %s', (_, author) => {
  it.each(Object.entries(MACHINES))(
    'is served near the best fixed lookahead and never slower than plain (%s bound)',
    async (_, ms) => {
      const controlled = await serve(author, ms, 'controlled')
      const fixed = await Promise.all(LOOKAHEADS.map((lookahead) => serve(author, ms, lookahead)))
      const best = Math.max(1, ...fixed.map(({ speed }) => speed))
      expect(controlled.speed).toBeGreaterThanOrEqual(0.97)
      expect(controlled.speed).toBeGreaterThanOrEqual(0.95 * best)
    },
  )
})

describe('proposals that look certain and are always rejected', () => {
  it('are given up by an arm that learns, but for the explored share', async () => {
    // An adversary that reads the proposal: whatever the arm expects, something else comes.
    const { lookaheads, speed } = await serve((step) => step % 40, MACHINES.computing, 'controlled', contradict)
    expect(lookaheads.slice(0, 200).some((lookahead) => lookahead > 0)).toBe(true)
    expect(lookaheads.slice(-1_000).filter((lookahead) => lookahead > 0).length).toBeLessThan(30)
    expect(speed).toBeGreaterThanOrEqual(0.97)
  })

  it('cost no more than the account allows even when the arm never learns', () => {
    const accounts = new Accounts()
    const costs = tableOf(MACHINES.computing)
    const plainMs = MACHINES.computing(1)
    let spent = 0
    for (let step = 1; step <= 5_000; step++) {
      const options = [offer([0.99, 0.98, 0.97, 0.96])]
      const creditMs = accounts.creditMs('ten_a', plainMs)
      const sequences = [{ tenant: 'ten_a', options, creditMs }]
      const plan = planStep({ sequences, costs, lookaheadMax: 8, draw: drawAt(1, step) })
      accounts.settle(plan, ['ten_a'], [1])
      spent += MACHINES.computing(1 + plan.lookahead)
      expect(spent).toBeLessThanOrEqual(step * plainMs * (1 + LOSS_SHARE) + CREDIT_START * plainMs + 1e-6)
    }
  })

  it('by a co-tenant do not slow a tenant down by more than its own account allows', () => {
    const accounts = new Accounts()
    const costs = tableOf((rows) => MACHINES.computing(rows))
    let ahead = 0
    for (let step = 1; step <= 3_000; step++) {
      const plainMs = costs.targetMs(2, 1)
      const sequences = ['ten_a', 'ten_b'].map((tenant) => ({
        tenant,
        creditMs: accounts.creditMs(tenant, plainMs),
        options: tenant === 'ten_a' ? [offer([0.9, 0.9, 0.8])] : [],
      }))
      const plan = planStep({ sequences, costs, lookaheadMax: 8, draw: 1 })
      accounts.settle(plan, ['ten_a', 'ten_b'], [1 + plan.lookahead, 1])
      ahead += plan.expectedMs - plainMs
      expect(ahead).toBeLessThanOrEqual(step * plainMs * LOSS_SHARE + CREDIT_MAX * plainMs)
    }
    expect(ahead).toBeGreaterThan(0)
  })
})

/** Serves one tenant for TOKENS tokens in requests of 100, through the real arm and controller, on a virtual clock. */
async function serve(
  author: Author,
  ms: (rows: number) => number,
  mode: 'controlled' | number,
  change: (token: number, proposed: number | undefined) => number = (token) => token,
): Promise<{ speed: number; lookaheads: number[] }> {
  const [suffix, accounts, costs] = [new SuffixSpeculator(), new Accounts(), tableOf(ms)]
  const [text, lookaheads]: [number[], number[]] = [[], []]
  let spent = 0
  let session = suffix.open({ tenant: 'ten_a', prompt: [0] })
  while (text.length < TOKENS) {
    const [proposal] = await suffix.propose([{ session, arm: 'suffix', lookaheadMax: 8 }])
    const { tokens = [], survival = [] } = proposal ?? {}
    const creditMs = accounts.creditMs('ten_a', ms(1))
    const options = [offer(survival, tokens)]
    const forced = mode === 'controlled' ? {} : { forced: { lookahead: mode } }
    const sequences = [{ tenant: 'ten_a', options, creditMs, ...forced }]
    const plan = planStep({ sequences, costs, lookaheadMax: 8, draw: drawAt(5, lookaheads.length) })
    const committed: number[] = []
    do {
      const token = change(author(text.length, text), tokens[committed.length])
      committed.push(token)
      text.push(token)
    } while (committed.length <= plan.lookahead && committed.at(-1) === tokens[committed.length - 1])
    accounts.settle(plan, ['ten_a'], [committed.length])
    spent += ms(1 + plan.lookahead)
    lookaheads.push(plan.lookahead)
    session.commit({ tokens: committed, hidden: [] })
    if (Math.floor(text.length / 100) === Math.floor((text.length - committed.length) / 100)) continue
    session.close(true)
    session = suffix.open({ tenant: 'ten_a', prompt: [0] })
  }
  return { speed: (text.length * ms(1)) / spent, lookaheads }
}

function offer(survival: readonly number[], tokens: readonly number[] = survival.map((_, at) => at)): ArmOption {
  return { arm: 'suffix', survival, tokens, drafted: true }
}

function tableOf(ms: (rows: number) => number): CostTable {
  const sizes = [1, 2, 4].flatMap((batch) => [1, 2, 3, 5, 9].map((length) => ({ batch, length })))
  return new CostTable(sizes.map((size) => ({ ...size, ms: ms(size.batch * size.length) })))
}

/** A token of a fixed text, or with some probability any token. */
function noisy(step: number, noise: number, place: number): number {
  return Math.floor(ALPHABET * (drawAt(3, step) < noise ? drawAt(4, step) : drawAt(6, place)))
}

/** Each token has four followers, the first of which comes in half of the cases. */
function follower(token: number, draw: number): number {
  return Math.floor(ALPHABET * drawAt(8 + Math.max(0, Math.floor(4 * (draw - 0.5) * 1.5 + 1)), token))
}

function contradict(token: number, proposed: number | undefined): number {
  return token === proposed ? token + 1 : token
}
