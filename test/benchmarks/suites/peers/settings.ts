import type { BenchTarget } from '../../bench-target.ts'
import { type Settings as LearningSettings, settingsFor as learningSettingsFor } from '../learning/settings.ts'

export interface PeerSettings {
  /** Domains, each a tenant; those that a corpus has not are made up for by others that it has. */
  readonly tenants: readonly string[]
  /** How many requests are served at once, beside one at a time. */
  readonly batches: readonly number[]
  /** Runs at each batch size, each with requests of its own that all configurations serve. */
  readonly rounds: number
  readonly requestsPerRound: number
  /** How tenants learn, and how many of their held-out requests are served one at a time. */
  readonly learning: LearningSettings
}

/** A kind of traffic that the static draft knows and two that it does not, with short answers and long ones. */
const TENANTS = ['sql', 'math', 'toolcall']
const BATCHES = [4, 8]
/** Of a general target: two of forms and words of their own, and one that answers at greater length. */
const LARGE_TENANTS = ['freight-desk', 'code-docs', 'shop-support']

export function settingsFor(target: Pick<BenchTarget, 'isReference'>, quick: boolean): PeerSettings {
  const learning = learningSettingsFor(target, quick)
  if (target.isReference) {
    const own = { tenants: TENANTS, batches: BATCHES, rounds: 2 }
    return quick
      ? settingsOf({ ...own, rounds: 1, requestsPerRound: 12 }, { ...learning, measured: 4, warmUp: 1 })
      : settingsOf({ ...own, requestsPerRound: 24 }, { ...learning, measured: 10, warmUp: 2 })
  }
  return quick
    ? settingsOf({ tenants: LARGE_TENANTS.slice(0, 1), batches: [], rounds: 0, requestsPerRound: 0 }, learning)
    : settingsOf({ tenants: LARGE_TENANTS, batches: [4], rounds: 1, requestsPerRound: 12 }, learning)
}

function settingsOf(
  played: Pick<PeerSettings, 'tenants' | 'batches' | 'rounds' | 'requestsPerRound'>,
  learning: LearningSettings,
): PeerSettings {
  const batched = Math.ceil((played.rounds * played.requestsPerRound) / played.tenants.length)
  // Some requests more, since those that are too long for the context are left out.
  const heldOut = learning.warmUp + learning.measured + batched + 8
  return { ...played, learning: { ...learning, heldOut } }
}

/** Of what we compute. */
export const THREADS = 2
/**
 * Of llama.cpp: the number with which it is fastest here. On two cores its threads and Node's own are three, they spin
 * while they wait for one another, and two of them are 5 to 10 times slower than one: 45 to 48 tokens/s against 289 to
 * 292 in fp32, 47 to 71 against 624 to 694 in 8 bits, plain, batch 1.
 */
export const LLAMA_THREADS = 1
