import { z } from 'zod'

/**
 * The internal streaming RPC between gateway and worker, version 1: JSON over HTTP, answers as NDJSON frames.
 *
 *   POST /rpc/v1/generate   GenerateCall → a stream of Frame; the last one is `end` or `error`
 *   POST /rpc/v1/tokenize   TokenizeCall → TokenizeAnswer
 *   POST /rpc/v1/detokenize DetokenizeCall → DetokenizeAnswer
 *   GET  /rpc/v1/status     → WorkerStatus
 *   GET  /rpc/v1/metrics    → prom-client's JSON, merged into the gateway's /metrics
 *
 * Every call carries `authorization: Bearer <cluster secret>`. Closing the connection cancels the request.
 *
 * A worker may decline a call before its first frame with any status but 200 and the body `{ error: WorkerError }`,
 * or with 200 and an `error` frame alone; a gateway reads both alike. A stream starts with one `start` frame. While a
 * worker has nothing to say it sends `alive` at least every `ALIVE_MS`: silence means that it is lost, or hangs.
 *
 * A call whose worker was lost goes on at another one: `resumed` says what the tenant has, the frames begin behind it,
 * and counts go on from there.
 */
export const RPC_PREFIX = '/rpc/v1'

/** A worker that is well is never silent for longer, in milliseconds. */
export const ALIVE_MS = 500

export const armSchema = z.enum(['none', 'suffix', 'static', 'adaptive', 'grammar'])

/** A call of a tool in a conversation; its arguments are what the model wrote, JSON as a rule. */
const toolCallSchema = z.strictObject({ id: z.string(), name: z.string(), arguments: z.string() })
export type ToolCall = z.infer<typeof toolCallSchema>

const messageSchema = z.strictObject({
  role: z.string(),
  /** Empty where an assistant said nothing beside its calls. */
  content: z.string(),
  name: z.string().optional(),
  toolCalls: z.array(toolCallSchema).optional(),
  /** The call that a message of the role `tool` answers. */
  toolCallId: z.string().optional(),
})
export type CallMessage = z.infer<typeof messageSchema>

/** A function that the model may call; `parameters` is the JSON schema of its arguments. */
const toolFunctionSchema = z.strictObject({
  name: z.string(),
  description: z.string().optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
  /** Where its schema can't be enforced the call is refused; else any object will do. */
  strict: z.boolean(),
  /** The parameter of the tenant's request that has the schema. */
  param: z.string(),
})
export type ToolFunction = z.infer<typeof toolFunctionSchema>

const toolsSchema = z.strictObject({
  functions: z.array(toolFunctionSchema).min(1),
  /** The answer is a call, and no text. */
  required: z.boolean(),
  /** The one function that may be called; the model is told of all. */
  only: z.string().optional(),
  /** Several calls in one answer. */
  parallel: z.boolean(),
})
export type CallTools = z.infer<typeof toolsSchema>

/** How a model writes its calls; see `@foretoken/tool-calls`. */
export const toolCallFormSchema = z.enum(['hermes', 'llama', 'reference'])
export type ToolCallFormName = z.infer<typeof toolCallFormSchema>

/** A tenant's adapter in the object store: `key` is its folder, `contentHash` the SHA-256 of its weights in hex. */
export const adapterRefSchema = z.strictObject({ id: z.string(), contentHash: z.string(), key: z.string() })
export type AdapterRef = z.infer<typeof adapterRefSchema>

/** What a text may be. */
const constraintSchema = z.strictObject({
  /** The parameter of the tenant's request that asks for it. */
  param: z.string(),
  source: z.discriminatedUnion('kind', [
    /** `schema` is JSON, as the tenant wrote it. */
    z.strictObject({ kind: z.literal('json'), schema: z.string() }),
    z.strictObject({ kind: z.literal('regex'), pattern: z.string() }),
    z.strictObject({ kind: z.literal('choice'), choices: z.array(z.string()).min(1) }),
    /** EBNF or Lark. */
    z.strictObject({ kind: z.literal('grammar'), grammar: z.string() }),
  ]),
})

export const generateCallSchema = z.strictObject({
  request: z.string(),
  tenant: z.string(),
  /** The tenant's share of a busy worker against others'; 1 is usual. */
  weight: z.number().positive(),
  model: z.string(),
  /** Of the target that the gateway takes it for; one that is another by now declines with `target_changed`. */
  fingerprint: z.string(),
  input: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('chat'),
      /** What the tenant's request calls the conversation; absent: messages. */
      param: z.string().optional(),
      messages: z.array(messageSchema),
      tools: toolsSchema.optional(),
    }),
    z.strictObject({ kind: z.literal('text'), text: z.string() }),
    z.strictObject({ kind: z.literal('tokens'), tokens: z.array(z.int().nonnegative()) }),
  ]),
  choices: z.int().positive(),
  /** Absent: as many as the context leaves. */
  completionTokensMax: z.int().positive().optional(),
  sampling: z.strictObject({
    temperature: z.number(),
    topK: z.int(),
    topP: z.number(),
    minP: z.number(),
    presencePenalty: z.number(),
    frequencyPenalty: z.number(),
    repetitionPenalty: z.number(),
    logitBias: z.record(z.string(), z.number()),
    /** Decimal digits of an unsigned 64-bit integer: JSON numbers can't hold it. */
    seed: z.string().regex(/^\d{1,20}$/),
  }),
  stopStrings: z.array(z.string()),
  /** Absent: the text may be anything. */
  constraint: constraintSchema.optional(),
  topLogprobs: z.int().min(0).max(20).optional(),
  speculation: z.strictObject({
    arm: z.union([armSchema, z.literal('auto')]),
    lookahead: z.int().nonnegative().optional(),
  }),
  /** The draft that this tenant's traffic on this very target has taught; null: none, and one that is loaded may go. */
  adapter: adapterRefSchema.nullable(),
  /** A candidate that is tried beside it, at so large a share of the tenant's steps; absent: none. */
  canary: adapterRefSchema.extend({ share: z.number().gt(0).max(1) }).optional(),
  /** False: nothing of this request may be kept to learn from. */
  learn: z.boolean(),
  /** Unix milliseconds: what was learned from this tenant before then has to go. 0: nothing. */
  forgottenMs: z.int().nonnegative(),
  /** Completion tokens by choice that the tenant has from a worker that was lost. */
  resumed: z.array(z.array(z.int().nonnegative())).optional(),
})
export type GenerateCall = z.infer<typeof generateCallSchema>

export const tokenizeCallSchema = z.strictObject({
  model: z.string(),
  input: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('chat'),
      messages: z.array(messageSchema),
      tools: toolsSchema.optional(),
      /** Ends where the assistant's answer begins, as a request to generate does. */
      addGenerationPrompt: z.boolean(),
    }),
    z.strictObject({
      kind: z.literal('text'),
      text: z.string(),
      /** What the model wants before each text, as a request to generate has it. */
      addSpecialTokens: z.boolean(),
    }),
  ]),
})
export type TokenizeCall = z.infer<typeof tokenizeCallSchema>

/** `spellings`: each token as the vocabulary writes it. */
export const tokenizeAnswerSchema = z.strictObject({ tokens: z.array(z.int()), spellings: z.array(z.string()) })
export type TokenizeAnswer = z.infer<typeof tokenizeAnswerSchema>

export const detokenizeCallSchema = z.strictObject({ model: z.string(), tokens: z.array(z.int().nonnegative()) })
export type DetokenizeCall = z.infer<typeof detokenizeCallSchema>

/** Special tokens are written out, so that the text encodes to the same tokens again. */
export const detokenizeAnswerSchema = z.strictObject({ text: z.string() })
export type DetokenizeAnswer = z.infer<typeof detokenizeAnswerSchema>

/** A token as text and bytes: `bytes` because one token may hold part of a character. */
const scoredTokenSchema = z.strictObject({ text: z.string(), bytes: z.array(z.int()), logprob: z.number() })

export const armStatisticsSchema = z.strictObject({
  arm: armSchema,
  draftVersion: z.string().nullable(),
  steps: z.int(),
  committedTokens: z.int(),
  proposed: z.array(z.int()),
  accepted: z.array(z.int()),
})

export const speculationSummarySchema = z.strictObject({
  steps: z.int(),
  draftTokens: z.int(),
  acceptedTokens: z.int(),
  acceptanceHistogram: z.array(z.int()),
  lookaheadMax: z.int(),
  armSteps: z.partialRecord(armSchema, z.int()),
  arms: z.array(armStatisticsSchema),
})
export type SpeculationSummary = z.infer<typeof speculationSummarySchema>

/**
 * What a worker found out about a draft it was told to use: `refused` can't be loaded, `demoted` drafts worse than the
 * static one. Every `end` of the tenant says so again until the gateway names another adapter, so none can get lost.
 */
export const draftVerdictSchema = z.strictObject({
  version: z.string(),
  verdict: z.enum(['refused', 'demoted']),
  /** One sentence for operators. */
  reason: z.string(),
})
export type DraftVerdict = z.infer<typeof draftVerdictSchema>

/** Why a worker did not serve a call. The gateway maps it to OpenAI's envelope in one place. */
export const workerErrorSchema = z.strictObject({
  code: z.enum([
    'context_length_exceeded',
    'invalid_value',
    'model_not_found',
    'overloaded',
    'rate_limit_exceeded',
    'shutting_down',
    /** It has other weights than the call is for. */
    'target_changed',
    'structured_outputs_unavailable',
    'internal',
  ]),
  /** Safe to show to the tenant: never holds prompt text. */
  message: z.string(),
  param: z.string().nullable(),
})
export type WorkerError = z.infer<typeof workerErrorSchema>

/** Body of an answer other than 200. */
export const workerErrorBodySchema = z.strictObject({ error: workerErrorSchema })

export const frameSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('start'), worker: z.string(), promptTokens: z.int() }),
  z.strictObject({
    type: z.literal('text'),
    choice: z.int(),
    text: z.string(),
    /** What it is the text of, as far as the text is not held back: another worker goes on from them. */
    tokens: z.array(z.int().nonnegative()),
    /** Completion tokens committed so far for this choice: cumulative, so a lost frame bills nothing twice. */
    completionTokens: z.int(),
    /** Of the call's prompt, as `end` says it again; absent: none. */
    cachedTokens: z.int().optional(),
    logprobs: z.array(scoredTokenSchema.extend({ top: z.array(scoredTokenSchema) })).optional(),
  }),
  z.strictObject({ type: z.literal('alive') }),
  z.strictObject({ type: z.literal('finish'), choice: z.int(), reason: z.enum(['stop', 'length']) }),
  z.strictObject({
    type: z.literal('end'),
    usage: z.strictObject({ promptTokens: z.int(), cachedTokens: z.int(), completionTokens: z.int() }),
    speculation: speculationSummarySchema,
    drafts: z.array(draftVerdictSchema),
  }),
  z.strictObject({ type: z.literal('error'), error: workerErrorSchema }),
])
export type Frame = z.infer<typeof frameSchema>

export const workerStatusSchema = z.strictObject({
  worker: z.string(),
  ready: z.boolean(),
  model: z.strictObject({
    id: z.string(),
    fingerprint: z.string(),
    created: z.int(),
    contextLength: z.int(),
    /** Absent: it can't be told of tools. */
    toolCallForm: toolCallFormSchema.optional(),
  }),
  running: z.int(),
  waiting: z.int(),
  /** Sequences that decode at once. */
  capacity: z.int().positive(),
  /** Tenants whose adapter, prefixes and suffix index are likely here still, those served last first. */
  hot: z.array(z.string()),
})
export type WorkerStatus = z.infer<typeof workerStatusSchema>

/** One metric as prom-client's `getMetricsAsJSON` gives it. */
export const metricFamilySchema = z.looseObject({
  name: z.string(),
  help: z.string(),
  type: z.enum(['counter', 'gauge', 'histogram', 'summary']),
  values: z.array(
    z.looseObject({
      /** Null stands for a value that JSON can't hold, such as NaN of a gauge. */
      value: z.number().nullable(),
      labels: z.record(z.string(), z.union([z.string(), z.number()])),
      /** The sample's name where it differs from the family's: `…_bucket`, `…_sum`, `…_count`. */
      metricName: z.string().optional(),
    }),
  ),
})
export type MetricFamily = z.infer<typeof metricFamilySchema>
