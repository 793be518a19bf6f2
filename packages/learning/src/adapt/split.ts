import { createHash } from 'node:crypto'
import type { Trace } from '@foretoken/engine'

export interface TraceSplit {
  readonly training: readonly Trace[]
  /** Says when to stop training. */
  readonly validation: readonly Trace[]
  /** Judges the result; nothing of the run ever looks at it before. */
  readonly heldOut: readonly Trace[]
}

/**
 * Splits by request, not by token: a hash of the prompt decides, so equal prompts (retries, a client's health checks)
 * are on one side only. Of few requests a larger share is held out, since a verdict takes witnesses; as they become
 * more the share shrinks, so what is held out now was held out in each earlier run that saw it.
 */
export function splitTraces(traces: readonly Trace[]): TraceSplit {
  const parts = { training: [] as Trace[], validation: [] as Trace[], heldOut: [] as Trace[] }
  const hashed = traces.map((trace) => ({ trace, ...hashOf(trace) }))
  const different = new Set(hashed.map(({ name }) => name)).size
  const heldOutShare = Math.min(HELD_OUT_SHARE_MAX, Math.max(HELD_OUT_SHARE, HELD_OUT_WANTED / different))
  const judged = new Set<string>()
  for (const { trace, name, place } of hashed) {
    if (place >= heldOutShare + VALIDATION_SHARE) {
      parts.training.push(trace)
      continue
    }
    // A prompt that repeats is one witness, however often it was sent.
    if (judged.has(name)) continue
    judged.add(name)
    parts[place < heldOutShare ? 'heldOut' : 'validation'].push(trace)
  }
  return parts
}

/** `place` in [0, 1) */
function hashOf({ prompt }: Trace): { name: string; place: number } {
  const bytes = new Uint8Array(prompt.buffer, prompt.byteOffset, prompt.byteLength)
  const digest = createHash('sha256').update(bytes).digest()
  return { name: digest.toString('hex'), place: digest.readUInt32LE(0) / 2 ** 32 }
}

const HELD_OUT_SHARE = 0.12
const HELD_OUT_SHARE_MAX = 0.3
/** Requests to judge by; twice what the gate asks for at least. */
const HELD_OUT_WANTED = 16
const VALIDATION_SHARE = 0.08
