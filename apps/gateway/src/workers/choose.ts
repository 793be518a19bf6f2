import { hash } from 'node:crypto'

export interface Candidate {
  readonly url: string
  /** Requests that run or wait there, as far as this gateway knows. */
  readonly load: number
}

/** How much more than its even share a worker may carry before its tenants overflow to the next one. */
const LOAD_SLACK = 1.25
/** Below this load nobody waits anyway, and staying with the worker that knows the tenant is worth more. */
const LOAD_FREE = 4

/**
 * The worker for a tenant's next request: rendezvous hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam,
 * arXiv 1608.01350). A tenant keeps its worker, and with it prefix cache, suffix index and adapter, as long as that
 * one carries no more than its share; then its second choice, and so on. When a worker comes or goes, only tenants
 * whose first choice it is move. Null when there is no candidate.
 */
export function chooseWorker<Worker extends Candidate>(workers: readonly Worker[], tenant: string): Worker | null {
  if (workers.length === 1) return workers[0] ?? null
  const bound = loadBound(workers)
  const ranked = workers
    .map((worker) => ({ worker, rank: rankOf(tenant, worker.url) }))
    .sort((a, b) => (a.rank < b.rank ? 1 : -1))
  return ranked.find(({ worker }) => worker.load < bound)?.worker ?? null
}

/** Load that a worker must stay below to get one more. The least loaded worker always does. */
export function loadBound(workers: readonly Candidate[]): number {
  const total = workers.reduce((sum, worker) => sum + worker.load, 0)
  return Math.max(LOAD_FREE, Math.ceil((LOAD_SLACK * (total + 1)) / Math.max(1, workers.length)))
}

function rankOf(tenant: string, url: string): string {
  return hash('sha256', `${tenant}\n${url}`, 'hex')
}
