import { constraintOf, parseChatRequest } from '@foretoken/protocol'
import type { Handler } from 'hono'
import { toCalls } from '../../generation/calls.ts'
import { parseJson } from '../../middleware/body.ts'
import type { AuthenticatedEnv, Services } from '../../services.ts'
import { AnswerReader } from '../../tools/read-answer.ts'
import { toolUseOf } from '../../tools/use.ts'
import { respond } from '../respond.ts'
import { runOnce } from '../run-once.ts'
import { chatFormat } from './format.ts'
import { chatInput } from './input.ts'

/** POST /v1/chat/completions */
export function chatCompletions(services: Services): Handler<AuthenticatedEnv> {
  return async (ctx) => {
    const body = await ctx.req.text()
    const request = parseChatRequest(parseJson(body))
    const { model, stream, seed } = request
    return runOnce(services, ctx, { endpoint: 'chat.completions', body, seed }, (run) => {
      const use = toolUseOf(request, services.workers, (at) => `tools[${at}].function.parameters`)
      const calls = toCalls(request, {
        requestId: run.requestId,
        seed: run.seed,
        key: ctx.var.key,
        inputs: [chatInput(request.messages, use)],
        completionTokensMax: request.max_completion_tokens ?? request.max_tokens,
        topLogprobs: request.logprobs ? (request.top_logprobs ?? 0) : undefined,
        constraint: constraintOf(request),
      })
      const format = chatFormat(request, run, new AnswerReader(use, run.requestId))
      return respond(services, ctx, { model, stream, calls, run }, format)
    })
  }
}
