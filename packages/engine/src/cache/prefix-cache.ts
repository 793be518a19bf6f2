import type { TargetShape } from '@foretoken/model'
import type { Sequence } from '../sequence.ts'
import { cacheRowBytes, type KvArena } from './arena.ts'
import { readRows, writeRows } from './block-rows.ts'
import { PrefixTree } from './prefix-tree.ts'

/** Tokens of a block, as vLLM's: what is shared counts in multiples of it. */
const BLOCK_TOKENS = 16

/** What one request found: its prompt's tokens, and how many of them did not have to be run. */
export interface PrefixLookup {
  readonly queried: number
  readonly hit: number
}

/**
 * Key and value rows of prompts and completions that were served before, by tenant: a prompt that begins like one of
 * them (the same system prompt, the same conversation) takes those rows instead of running them again. Rows lie in
 * compact copies outside the arena's rectangle, up to a budget of bytes; one copy goes in when a prompt has been
 * prefilled or a sequence has ended, one comes out when a prefill begins. Nothing is shared in place, so a block is
 * never in use longer than its copy takes, and any may be evicted at any time.
 *
 * A row depends on its token and those before it alone. So outputs are those without the cache: to the bit on the
 * compiled kernel, and on ONNX Runtime as far as rows agree there between runs of different sizes (see `Target`).
 *
 * This is serving, not learning: no output, draft or adapter ever depends on what is in it, it never leaves this
 * process' memory, and it ages out. Tenants that don't let drafts learn have it like all others, since without it
 * they would pay for their choice with latency. `forget` deletes a tenant's blocks, requests in flight then add none,
 * and the memory is overwritten at once. Tenants share only the budget: one may evict another's blocks, none can hit
 * them, so that a request's time tells nothing about what others have asked.
 */
export class PrefixCache {
  private readonly tree: PrefixTree<Float32Array>
  private readonly blockLength: number
  /** Of forgotten tenants, to be used again: memory that comes and goes is marked by V8 each time. */
  private readonly spare: Float32Array[] = []

  /** @param bytesMax for rows; below one block nothing is cached */
  constructor(
    private readonly shape: TargetShape,
    private readonly arena: KvArena,
    bytesMax: number,
  ) {
    const blockBytes = BLOCK_TOKENS * cacheRowBytes(shape)
    this.blockLength = blockBytes / Float32Array.BYTES_PER_ELEMENT
    this.tree = new PrefixTree(BLOCK_TOKENS, Math.floor(bytesMax / blockBytes))
  }

  /** Bytes of the rows held. */
  get bytes(): number {
    return this.tree.size * this.blockLength * Float32Array.BYTES_PER_ELEMENT
  }

  /**
   * Fills the slot of a sequence that has nothing cached yet with what is known of its tokens. At least two tokens
   * are left: the last one, which leads the first decoding step, and one to run before it, whose final hidden state
   * drafts begin from.
   *
   * @param lengths cached rows by slot, as the arena keeps them
   */
  restore(sequence: Sequence, slot: number, lengths: readonly number[]): PrefixLookup | undefined {
    if (this.tree.blocksMax === 0) return undefined
    const { job, tokens } = sequence
    const blocks = this.tree.match(job.request.tenant, tokens.slice(0, -2))
    const hit = blocks.length * BLOCK_TOKENS
    if (hit > 0) {
      this.arena.reserve(lengths, Math.max(hit, ...lengths))
      const place = { view: this.arena.view(slot, 1), capacity: this.arena.capacity }
      for (const [at, block] of blocks.entries()) writeRows(place, at * BLOCK_TOKENS, BLOCK_TOKENS, block, this.shape)
      sequence.cached = hit
    }
    job.cachedTokens ??= hit
    return { queried: tokens.length, hit }
  }

  /** Copies what the slot of a sequence holds and the cache lacks, unless its tenant was forgotten meanwhile. */
  keep({ job, tokens, cached }: Sequence, slot: number): void {
    if (job.forgotten || this.tree.blocksMax === 0) return
    const place = { view: this.arena.view(slot, 1), capacity: this.arena.capacity }
    this.tree.extend(job.request.tenant, tokens.slice(0, cached), (start, evicted) => {
      const block = evicted ?? this.spare.pop() ?? new Float32Array(this.blockLength)
      readRows(place, start, BLOCK_TOKENS, block, this.shape)
      return block
    })
  }

  forget(tenant: string): void {
    for (const block of this.tree.forget(tenant)) this.spare.push(block.fill(0))
  }
}
