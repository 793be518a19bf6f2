import {
  chatCompletionChunkSchema,
  chatCompletionSchema,
  chatRequestSchema,
  completionChunkSchema,
  completionRequestSchema,
  completionSchema,
  detokenizeRequestSchema,
  detokenizeResponseSchema,
  type ErrorCode,
  modelListSchema,
  modelSchema,
  tokenizeRequestSchema,
  tokenizeResponseSchema,
} from '@foretoken/protocol'
import { z } from 'zod'
import type { Described } from './described.ts'

const GENERATION_FAILS: readonly ErrorCode[] = [
  ...(['model_not_found', 'context_length_exceeded', 'rate_limit_exceeded', 'stream_interrupted'] as const),
  ...(['no_worker', 'overloaded', 'shutting_down'] as const),
]

/** What handlers of their own answer, in the words of the tables of operations. */
export const INFERENCE: readonly Described[] = [
  {
    method: 'post',
    path: '/v1/chat/completions',
    name: 'createChatCompletion',
    summary: 'Have the model answer a conversation',
    access: 'inference',
    body: chatRequestSchema,
    answer: chatCompletionSchema,
    streamed: chatCompletionChunkSchema,
    status: 200,
    fails: GENERATION_FAILS,
  },
  {
    method: 'post',
    path: '/v1/completions',
    name: 'createCompletion',
    summary: 'Have the model go on from one prompt or several',
    access: 'inference',
    body: completionRequestSchema,
    answer: completionSchema,
    streamed: completionChunkSchema,
    status: 200,
    fails: GENERATION_FAILS,
  },
  {
    method: 'post',
    path: '/tokenize',
    name: 'tokenize',
    summary: 'The tokens of a text or a conversation',
    access: 'inference',
    body: tokenizeRequestSchema,
    answer: tokenizeResponseSchema,
    status: 200,
    fails: ['model_not_found', 'no_worker'],
  },
  {
    method: 'post',
    path: '/detokenize',
    name: 'detokenize',
    summary: 'The text of tokens',
    access: 'inference',
    body: detokenizeRequestSchema,
    answer: detokenizeResponseSchema,
    status: 200,
    fails: ['model_not_found', 'no_worker'],
  },
  {
    method: 'get',
    path: '/v1/models',
    name: 'listModels',
    summary: 'Models that are served here',
    access: 'inference',
    answer: modelListSchema,
    status: 200,
  },
  {
    method: 'get',
    path: '/v1/models/{model}',
    name: 'getModel',
    summary: 'One model; its id may hold slashes',
    access: 'inference',
    answer: modelSchema,
    status: 200,
    fails: ['model_not_found'],
  },
]

/** Without a key; not for tenants. */
export const HEALTH: readonly Described[] = [
  {
    method: 'get',
    path: '/healthz',
    name: 'getHealth',
    summary: 'Whether the process answers',
    access: 'none',
    answer: z.strictObject({ status: z.literal('alive') }),
    status: 200,
  },
  {
    method: 'get',
    path: '/readyz',
    name: 'getReadiness',
    summary: 'Whether requests that are sent here now can be served',
    access: 'none',
    answer: z.strictObject({
      status: z.enum(['ready', 'not ready']),
      checks: z.strictObject({ running: z.boolean(), database: z.boolean(), worker: z.boolean() }),
    }),
    status: 200,
    alsoStatus: 503,
  },
]
