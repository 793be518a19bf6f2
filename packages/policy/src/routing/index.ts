/**
 * Which worker serves a tenant's next request.
 *
 * Core idea: a worker that served a tenant lately has its adapter, its cached prefixes and its suffix index in memory;
 * any other serves it cold. But a popular tenant must not wait for one worker while others idle. So a request goes where
 * its tenant is hot, as long as that worker carries no more than its share of all load.
 *
 * Invariants: no worker goes beyond its bound while another is below; a worker that comes or goes moves only tenants
 * that it has to move; there is no answer only where there are no workers.
 *
 * Failure: a stale view of loads or of what is hot gives a slower choice, never a wrong one: any worker can serve any
 * tenant.
 *
 * Concurrency: pure. Gateways that decide at the same time from the same view send one request each to the same worker;
 * the slack of the bound is more than that.
 */
export { type Candidate, chooseWorker, loadBounds } from './choose-worker.ts'
