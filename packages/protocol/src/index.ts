/**
 * What crosses a process boundary, and nothing else: OpenAI's requests and answers, the errors a tenant can see, and the
 * streaming RPC between gateway and worker.
 *
 * The core idea is that a schema is the only way in. Everything is parsed once, strictly, where it arrives; inside,
 * types are inferred from the schemas and nobody checks again. A fault becomes an `ApiError` of the catalogue.
 *
 * Identity: a target is a name and a fingerprint (`TargetIdentity`), everywhere. The name is what tenants ask for, and
 * what a gateway routes by; the fingerprint is of configuration, tokenizer and weights, and what is learned is bound to
 * both. A call is for one target, and whoever is another one by now declines it. `form` (of tokenizer and shape alone)
 * is no identity: it says which targets may be the same one after more training.
 *
 * Invariants: no public sentence quotes a prompt, a completion or a key. A stream of frames is valid from its `start`
 * to its `end` or `error`, or reading it throws. Everything here is stateless; only the decoder and the client
 * (`@foretoken/protocol/client`) hold a connection's state. `@foretoken/protocol/admin` and `/self` are what operators and
 * tenants say beside inference. `@foretoken/protocol/testing` has a scripted worker,
 * `@foretoken/protocol/conformance` the cases that every worker must pass.
 */
export * from './errors/api-error.ts'
export * from './errors/catalogue.ts'
export * from './errors/from-worker.ts'
export * from './frames.ts'
export * from './ids.ts'
export type { ChatMessage } from './openai/chat/messages.ts'
export * from './openai/chat/request.ts'
export * from './openai/chat/response.ts'
export type { Tool, ToolChoice } from './openai/chat/tools.ts'
export * from './openai/completion/request.ts'
export * from './openai/completion/response.ts'
export * from './openai/models.ts'
export { parseBody } from './openai/parse.ts'
export {
  type ConversationItem,
  type InputItem,
  inputItemSchema,
  toChatMessages,
} from './openai/responses/items.ts'
export * from './openai/responses/request.ts'
export * from './openai/responses/response.ts'
export * from './openai/speculation-metrics.ts'
export { constraintOf } from './openai/structured.ts'
export * from './openai/tokenize/request.ts'
export * from './openai/tokenize/response.ts'
export * from './openai/usage.ts'
export * from './openai/usage-pages.ts'
export * from './rpc.ts'
export * from './target.ts'
