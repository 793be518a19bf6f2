import type { Target } from '@foretoken/model'
import type { KvArena } from '../cache/arena.ts'
import type { Roster } from '../roster.ts'
import type { Sequence } from '../sequence.ts'
import { packFeeds } from './feed.ts'

export interface PrefillContext {
  readonly target: Target
  readonly arena: KvArena
  readonly roster: Roster
  readonly rowsMax: number
  readonly clock: () => number
}

export interface PrefillReport {
  readonly rows: number
  readonly ms: number
}

/**
 * Caches the next chunk of a prompt. All but its last token: that one leads the first decoding step, which draws the
 * first token and may already verify drafts. So prefill never samples, and the choices of one request fork from here.
 */
export async function prefillStep(sequence: Sequence, ctx: PrefillContext): Promise<PrefillReport> {
  const { arena, roster, target } = ctx
  const started = ctx.clock()
  const rows = Math.min(ctx.rowsMax, sequence.uncached - 1)
  if (rows > 0) {
    const slot = roster.decoding.length
    const { cached } = sequence
    arena.reserve(roster.lengths, Math.max(...roster.lengths, cached + rows))
    const feed = { tokens: sequence.tokens.slice(cached, cached + rows), cached, logits: 0 }
    const { input } = packFeeds([feed], { ...arena.view(slot, 1), capacity: arena.capacity })
    const output = await target.run(input)
    arena.append(slot, cached, output.delta, { batch: 1, length: rows, index: 0 }, rows)
    sequence.cached += rows
  }
  return { rows, ms: ctx.clock() - started }
}
