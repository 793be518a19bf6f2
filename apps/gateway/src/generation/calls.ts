import { randomInt } from 'node:crypto'
import type { ChatRequest, CompletionRequest } from '@foretoken/protocol'
import type { AuthenticatedKey } from '../store.ts'
import type { UnroutedCall } from '../workers/route.ts'

/** The parameters that both endpoints share, as the schemas leave them. */
type SharedRequest = Pick<
  ChatRequest,
  Exclude<
    keyof ChatRequest & keyof CompletionRequest,
    'logprobs' | 'max_tokens' | 'stream_options' | 'response_format' | 'structured_outputs'
  >
>

interface CallDetails {
  readonly requestId: string
  /** Decides every draw: see `seedOf`. */
  readonly seed: string
  readonly key: AuthenticatedKey
  /** One call each. */
  readonly inputs: readonly UnroutedCall['input'][]
  readonly completionTokensMax: number | undefined
  readonly topLogprobs: number | undefined
  /** What the text may be. */
  readonly constraint: UnroutedCall['constraint']
}

/** A request as the worker reads it, once per prompt. */
export function toCalls(request: SharedRequest, details: CallDetails): UnroutedCall[] {
  const { key, seed, completionTokensMax, topLogprobs, constraint } = details
  return details.inputs.map((input, at) => ({
    request: details.inputs.length === 1 ? details.requestId : `${details.requestId}.${at}`,
    tenant: key.tenantId,
    weight: key.weight,
    model: request.model,
    input,
    choices: request.n,
    ...(completionTokensMax !== undefined && { completionTokensMax }),
    sampling: {
      temperature: request.temperature,
      topK: Math.max(0, request.top_k),
      topP: request.top_p,
      minP: request.min_p,
      presencePenalty: request.presence_penalty,
      frequencyPenalty: request.frequency_penalty,
      repetitionPenalty: request.repetition_penalty,
      logitBias: request.logit_bias,
      seed,
    },
    stopStrings: request.stop,
    ...(constraint && { constraint }),
    ...(topLogprobs !== undefined && { topLogprobs }),
    speculation: {
      arm: request.speculation.arm,
      ...(request.speculation.lookahead !== undefined && { lookahead: request.speculation.lookahead }),
    },
    learn: key.learning,
    forgottenMs: key.forgottenAt?.getTime() ?? 0,
  }))
}

/**
 * The seed that decides every draw. It is drawn here, before routing, so that a call that moves to another worker
 * stays the same call.
 */
export function seedOf(seed: number | undefined): string {
  if (seed !== undefined) return BigInt.asUintN(64, BigInt(seed)).toString()
  // Node draws these from a pool.
  return ((BigInt(randomInt(2 ** 32)) << 32n) | BigInt(randomInt(2 ** 32))).toString()
}
