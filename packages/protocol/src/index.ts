/**
 * What crosses a process boundary, and nothing else: OpenAI's requests and answers, the errors a tenant can see, and the
 * streaming RPC between gateway and worker.
 *
 * The core idea is that a schema is the only way in. Everything is parsed once, strictly, where it arrives; inside,
 * types are inferred from the schemas and nobody checks again. A fault becomes an `ApiError` of the catalogue.
 *
 * Invariants: no public sentence quotes a prompt, a completion or a key. A stream of frames is valid from its `start`
 * to its `end` or `error`, or reading it throws. Everything here is stateless; only the decoder and the client
 * (`@foretoken/protocol/client`) hold a connection's state. `@foretoken/protocol/testing` has a scripted worker,
 * `@foretoken/protocol/conformance` the cases that every worker must pass.
 */
export * from './errors/api-error.ts'
export * from './errors/catalogue.ts'
export * from './errors/from-worker.ts'
export * from './frames.ts'
export * from './ids.ts'
export * from './openai/chat/request.ts'
export * from './openai/chat/response.ts'
export * from './openai/completion/request.ts'
export * from './openai/completion/response.ts'
export * from './openai/models.ts'
export * from './openai/speculation-metrics.ts'
export * from './openai/usage.ts'
export * from './openai/usage-pages.ts'
export * from './rpc.ts'
