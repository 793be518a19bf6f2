import {
  FULL as LEARNING_FULL,
  QUICK as LEARNING_QUICK,
  type Settings as LearningSettings,
} from '../learning/settings.ts'

export interface PeerSettings {
  /** Files of the corpus, each a tenant; those that a corpus has not are made up for by others that it has. */
  readonly tenants: readonly string[]
  /** Runs at each batch size, each with requests of its own that all configurations serve. */
  readonly rounds: number
  readonly requestsPerRound: number
  /** How tenants learn, and how many of their held-out requests are served one at a time. */
  readonly learning: LearningSettings
}

/** A kind of traffic that the static draft knows and two that it does not, with short answers and long ones. */
const TENANTS = ['sql', 'math', 'toolcall']

export const FULL: PeerSettings = settingsOf({ tenants: 3, rounds: 2, requestsPerRound: 24 }, LEARNING_FULL, 10, 2)
export const QUICK: PeerSettings = settingsOf({ tenants: 3, rounds: 1, requestsPerRound: 12 }, LEARNING_QUICK, 4, 1)

function settingsOf(
  { tenants, rounds, requestsPerRound }: { tenants: number; rounds: number; requestsPerRound: number },
  learning: LearningSettings,
  measured: number,
  warmUp: number,
): PeerSettings {
  const batched = Math.ceil((rounds * requestsPerRound) / tenants)
  // Some requests more, since those that are too long for the context are left out.
  const heldOut = warmUp + measured + batched + 8
  const names = TENANTS.slice(0, tenants)
  return { tenants: names, rounds, requestsPerRound, learning: { ...learning, measured, warmUp, heldOut } }
}

/** Of what we compute. */
export const THREADS = 2
/**
 * Of llama.cpp: the number with which it is fastest here. On two cores its threads and Node's own are three, they spin
 * while they wait for one another, and two of them are 5 to 10 times slower than one: 45 to 48 tokens/s against 289 to
 * 292 in fp32, 47 to 71 against 624 to 694 in 8 bits, plain, batch 1.
 */
export const LLAMA_THREADS = 1
export const BATCHES = [4, 8] as const
