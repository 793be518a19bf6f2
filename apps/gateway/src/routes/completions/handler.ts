import { constraintOf, type GenerateCall, type Prompt, parseCompletionRequest } from '@foretoken/protocol'
import type { Handler } from 'hono'
import { toCalls } from '../../generation/calls.ts'
import { readJson } from '../../middleware/body.ts'
import type { AuthenticatedEnv, Services } from '../../services.ts'
import { respond } from '../respond.ts'
import { completionFormat } from './format.ts'

/** POST /v1/completions */
export function completions(services: Services): Handler<AuthenticatedEnv> {
  return async (ctx) => {
    const request = parseCompletionRequest(await readJson(ctx))
    const { model, stream } = request
    const calls = toCalls(request, {
      requestId: ctx.var.requestId,
      key: ctx.var.key,
      inputs: request.prompt.map(toInput),
      completionTokensMax: request.max_tokens,
      topLogprobs: request.logprobs,
      constraint: constraintOf(request),
    })
    return respond(services, ctx, { model, stream, calls }, completionFormat(request, ctx.var.requestId))
  }
}

function toInput(prompt: Prompt): GenerateCall['input'] {
  return 'text' in prompt ? { kind: 'text', text: prompt.text } : { kind: 'tokens', tokens: [...prompt.tokens] }
}
