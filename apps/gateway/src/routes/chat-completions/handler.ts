import { type ChatRequest, type GenerateCall, parseChatRequest } from '@foretoken/protocol'
import type { Handler } from 'hono'
import { toCalls } from '../../generation/calls.ts'
import { parseJson } from '../../middleware/body.ts'
import type { AuthenticatedEnv, Services } from '../../services.ts'
import { begin } from '../begin.ts'
import { respond } from '../respond.ts'
import { chatFormat } from './format.ts'

/** POST /v1/chat/completions */
export function chatCompletions(services: Services): Handler<AuthenticatedEnv> {
  return async (ctx) => {
    const body = await ctx.req.text()
    const request = parseChatRequest(parseJson(body))
    const { model, stream } = request
    const run = await begin(services, ctx, { endpoint: 'chat.completions', body, seed: request.seed })
    if (run instanceof Response) return run
    const calls = toCalls(request, {
      requestId: run.requestId,
      seed: run.seed,
      key: ctx.var.key,
      inputs: [{ kind: 'chat', messages: request.messages.map(toMessage) }],
      completionTokensMax: request.max_completion_tokens ?? request.max_tokens,
      topLogprobs: request.logprobs ? (request.top_logprobs ?? 0) : undefined,
    })
    return respond(services, ctx, { model, stream, calls, run }, chatFormat(request, run))
  }
}

type Message = Extract<GenerateCall['input'], { kind: 'chat' }>['messages'][number]

/** `developer` is OpenAI's later name for `system`; chat templates know only the older one. */
function toMessage({ role, content, name }: ChatRequest['messages'][number]): Message {
  return { role: role === 'developer' ? 'system' : role, content, ...(name !== undefined && { name }) }
}
