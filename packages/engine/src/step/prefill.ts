import type { Target } from '@foretoken/model'
import type { KvArena } from '../cache/arena.ts'
import type { PrefixCache, PrefixLookup } from '../cache/prefix-cache.ts'
import type { RunningSequences } from '../running-sequences.ts'
import type { Sequence } from '../sequence.ts'
import { packFeeds } from './feed.ts'

export interface PrefillContext {
  readonly target: Target
  readonly arena: KvArena
  readonly prefixes: PrefixCache
  readonly running: RunningSequences
  readonly rowsMax: number
  readonly clock: () => number
}

export interface PrefillReport {
  readonly rows: number
  readonly ms: number
  /** Where this is the first chunk: what the prefix cache spared. */
  readonly lookup?: PrefixLookup
}

/**
 * Caches the next chunk of a prompt, or of all that a preempted sequence had. All but its last token: that one leads
 * the next decoding step, which draws the token behind it and may already verify drafts. So prefill never samples, and
 * the choices of one request fork from here.
 *
 * @returns with the last chunk also [d], the final hidden state of the last row cached: what neural arms draft the
 * first step from. A prompt of one token has none.
 */
export async function prefillStep(
  sequence: Sequence,
  ctx: PrefillContext,
): Promise<{ report: PrefillReport; hidden?: Float32Array }> {
  const { arena, running, target } = ctx
  const started = ctx.clock()
  const slot = running.slotOf(sequence)
  const lookup = sequence.cached === 0 && ctx.prefixes.restore(sequence, slot, running.lengths)
  const rows = Math.min(ctx.rowsMax, sequence.rowsLeft)
  if (rows === 0) return { report: { rows, ms: 0, ...(lookup && { lookup }) } }
  const last = rows === sequence.rowsLeft
  const { cached } = sequence
  arena.reserve(running.lengths, Math.max(...running.lengths, cached + rows))
  const feed = { tokens: sequence.tokens.slice(cached, cached + rows), cached, logits: last ? 1 : 0 }
  const { input } = packFeeds([feed], { ...arena.view(slot, 1), capacity: arena.capacity })
  const output = await target.run(input)
  arena.append(slot, cached, output.delta, { batch: 1, length: rows, index: 0 }, rows)
  sequence.cached += rows
  const report = { rows, ms: ctx.clock() - started, ...(lookup && { lookup }) }
  return last ? { report, hidden: output.hidden } : { report }
}
