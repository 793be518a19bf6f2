import { parseChatRequest } from '@foretoken/protocol'
import type { Handler } from 'hono'
import { toCalls } from '../../generation/calls.ts'
import { readJson } from '../../middleware/body.ts'
import type { AuthenticatedEnv, Services } from '../../services.ts'
import { toMessage } from '../message.ts'
import { respond } from '../respond.ts'
import { chatFormat } from './format.ts'

/** POST /v1/chat/completions */
export function chatCompletions(services: Services): Handler<AuthenticatedEnv> {
  return async (ctx) => {
    const request = parseChatRequest(await readJson(ctx))
    const { model, stream } = request
    const calls = toCalls(request, {
      requestId: ctx.var.requestId,
      key: ctx.var.key,
      inputs: [{ kind: 'chat', messages: request.messages.map(toMessage) }],
      completionTokensMax: request.max_completion_tokens ?? request.max_tokens,
      topLogprobs: request.logprobs ? (request.top_logprobs ?? 0) : undefined,
    })
    return respond(services, ctx, { model, stream, calls }, chatFormat(request, ctx.var.requestId))
  }
}
