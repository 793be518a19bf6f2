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
export const QUICK: PeerSettings = settingsOf({ tenants: 3, rounds: 2, requestsPerRound: 18 }, LEARNING_QUICK, 8, 2)

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

/** Of everything that computes: ours and theirs. */
export const THREADS = 2
export const BATCHES = [4, 8] as const
