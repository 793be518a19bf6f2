import type { DraftContext, DraftRequest, DraftSession, Proposal, Speculator } from '../speculator.ts'
import { SuffixSession } from './session.ts'
import { type TenantLimits, Tenants } from './tenants.ts'

export interface SuffixOptions extends TenantLimits {
  /** Tokens of one live sequence that stay searchable; older ones are dropped. */
  readonly contextMax: number
  /** Tokens that end a completion: nothing is drafted after them. */
  readonly endIds: readonly number[]
}

export const SUFFIX_DEFAULTS: SuffixOptions = {
  tenantsMax: 1_024,
  bytesPerTenantMax: 8 * 1024 * 1024,
  bytesMax: 512 * 1024 * 1024,
  contextMax: 32_768,
  endIds: [],
}

/** The arm that needs no training: proposes what followed the same context in this request or this tenant's past. */
export class SuffixSpeculator implements Speculator {
  readonly arms = ['suffix'] as const
  readonly eager = true
  private readonly tenants: Tenants
  private readonly options: SuffixOptions

  constructor(options: Partial<SuffixOptions> = {}) {
    this.options = { ...SUFFIX_DEFAULTS, ...options }
    this.tenants = new Tenants(this.options)
  }

  open({ tenant, prompt, sampling }: DraftContext): DraftSession {
    return new SuffixSession(this.tenants.of(tenant), prompt, sampling ? 'sampled' : 'greedy', this.options)
  }

  async propose(requests: readonly DraftRequest[]): Promise<Proposal[]> {
    return requests.map(({ session, lookaheadMax, survivalMin }) =>
      ownSession(session).propose(lookaheadMax, survivalMin),
    )
  }

  /** Deletes all that was learned from a tenant. Its live sessions go on with their own text alone. */
  forget(tenant: string): void {
    this.tenants.forget(tenant)
  }

  get usage(): { tenants: number; bytes: number } {
    return { tenants: this.tenants.size, bytes: this.tenants.bytes }
  }
}

function ownSession(session: DraftSession): SuffixSession {
  if (session instanceof SuffixSession) return session
  throw new Error('A session of another arm was handed to the suffix arm.')
}
