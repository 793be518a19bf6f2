import { constraintOf, type GenerateCall, type Prompt, parseCompletionRequest } from '@foretoken/protocol'
import type { Handler } from 'hono'
import { toCalls } from '../../generation/calls.ts'
import { parseJson } from '../../middleware/body.ts'
import type { AuthenticatedEnv, Services } from '../../services.ts'
import { respond } from '../respond.ts'
import { runOnce } from '../run-once.ts'
import { completionFormat } from './format.ts'

/** POST /v1/completions */
export function completions(services: Services): Handler<AuthenticatedEnv> {
  return async (ctx) => {
    const body = await ctx.req.text()
    const request = parseCompletionRequest(parseJson(body))
    const { model, stream, seed } = request
    return runOnce(services, ctx, { endpoint: 'completions', body, seed }, (run) => {
      const calls = toCalls(request, {
        requestId: run.requestId,
        seed: run.seed,
        key: ctx.var.key,
        inputs: request.prompt.map(toInput),
        completionTokensMax: request.max_tokens,
        topLogprobs: request.logprobs,
        constraint: constraintOf(request),
      })
      return respond(services, ctx, { model, stream, calls, run }, completionFormat(request, run))
    })
  }
}

function toInput(prompt: Prompt): GenerateCall['input'] {
  return 'text' in prompt ? { kind: 'text', text: prompt.text } : { kind: 'tokens', tokens: [...prompt.tokens] }
}
