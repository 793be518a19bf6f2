import type { ACTOR_KINDS } from '../schema/audit.ts'

/** On whose behalf a database is written to. */
export interface Actor {
  readonly kind: (typeof ACTOR_KINDS)[number]
  /** An admin credential's id, an account of the operating system, an API key's id, or a process's name. */
  readonly id: string
  /** The request that asked for it. */
  readonly requestId?: string
}

/** Who is meant where nobody is named: the platform itself. */
export const SYSTEM: Actor = { kind: 'system', id: 'foretoken' }
