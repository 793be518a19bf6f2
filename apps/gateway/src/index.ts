/**
 * The gateway: the one door of the platform. Tenants come in over HTTPS with a key and speak OpenAI's API; inside, a
 * request becomes one call per prompt to a worker that knows the tenant.
 *
 * Core idea: a request is a generator of answer events, pulled by the client's own pace. Whatever ends it – the end,
 * an error, a client that leaves, a shutdown – ends the worker's call and writes one usage row, in one `finally`.
 *
 * Beside inference it is where a tenant manages itself (`self/`), and operators the platform (`admin/`): operations in
 * tables, each with the schemas of what it takes and gives and with who may ask, from which `openapi/` documents them.
 *
 * Invariants
 * - Exactly one usage row for every request that was admitted, under an id that no client can choose.
 * - Nothing is delivered that its tenant's budget did not grant before; who has no limits is never asked about them.
 * - A request that is sent again under its Idempotency-Key has the answer of the first, and one bill.
 * - A call that broke goes on elsewhere, behind what the client has: it reads the same bytes, and pays once.
 * - Answers never wait for usage to be written. Missing, malformed, unknown, expired and revoked keys are
 *   answered alike.
 * - What is changed through it is on record, for the key or credential that asked; a tenant's key opens nothing of
 *   operators, nor theirs anything of tenants.
 * - No prompt, completion or key in logs, errors or metrics. Customers' text is kept where they asked for it only: the
 *   stored responses of /v1/responses, each its tenant's own.
 * - Calls of tools are read here, out of the text, so they are the same whichever workers wrote it.
 * - A call is for the very target that its worker has, and an answer goes on only where that is the same. A model whose
 *   workers are away is one that nobody serves right now (503), not one that does not exist (404).
 * - A call names its tenant's live draft for that target, as the key resolved it; a draft that a worker finds fault
 *   with is rolled back behind the answer, and the tenant notices nothing.
 *
 * Failure: without the database, keys seen in the last ten seconds go on, others get 503, as do those with a budget;
 * usage waits in memory and ends in the log if it must; responses are answered, and say that they are not stored.
 * Without a worker requests get 503, and answers that have begun wait for one. A gateway that can't hear of revocations
 * honours them within ten seconds. What a gateway had served that is killed is billed by another one, from a journal.
 *
 * Concurrency: one event loop, any number of gateways side by side; they share nothing but the database.
 */
export { type GatewayConfig, readConfig } from './config.ts'
export { startGateway } from './gateway.ts'
export { postgresStore, type Store } from './store.ts'
