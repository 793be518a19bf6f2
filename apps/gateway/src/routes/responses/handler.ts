import {
  constraintOf,
  type GenerateCall,
  LOGPROBS,
  parseResponsesRequest,
  type ResponsesRequest,
} from '@foretoken/protocol'
import type { Handler } from 'hono'
import { toCalls } from '../../generation/calls.ts'
import { parseJson } from '../../middleware/body.ts'
import type { AuthenticatedEnv, Services } from '../../services.ts'
import { AnswerReader } from '../../tools/read-answer.ts'
import { toolUseOf } from '../../tools/use.ts'
import { chatInput } from '../chat-completions/input.ts'
import { respond } from '../respond.ts'
import { runOnce } from '../run-once.ts'
import { conversationOf } from './conversation.ts'
import { responsesFormat } from './format.ts'
import { StoredResponses } from './stored.ts'

/** POST /v1/responses: a chat with another face, and a memory. */
export function createResponse(services: Services): Handler<AuthenticatedEnv> {
  const store = new StoredResponses(services)
  return async (ctx) => {
    const body = await ctx.req.text()
    const request = parseResponsesRequest(parseJson(body))
    const { model, stream, seed } = request
    const { key } = ctx.var
    return runOnce(services, ctx, { endpoint: 'responses', body, seed }, async (run) => {
      const { messages, input } = await conversationOf(request, key.tenantId, store)
      const use = toolUseOf(request, services.workers, (at) => `tools[${at}].parameters`)
      const calls = toCalls(
        { ...request, n: 1 },
        {
          requestId: run.requestId,
          seed: run.seed,
          key,
          inputs: [{ ...chatInput(messages, use), param: 'input' }],
          completionTokensMax: request.max_output_tokens,
          topLogprobs: request.include.includes(LOGPROBS) ? (request.top_logprobs ?? 0) : undefined,
          constraint: formatConstraint(request),
        },
      )
      const format = responsesFormat({
        request,
        run,
        reader: new AnswerReader(use, run.requestId),
        store: (response) =>
          store.save(key.tenantId, {
            id: response.id,
            previousId: response.previous_response_id,
            input,
            response,
          }),
      })
      return respond(services, ctx, { model, stream, calls, run }, format)
    })
  }
}

/** `text.format` is what chat's `response_format` is, with its schema one level up. */
function formatConstraint({ text }: ResponsesRequest): GenerateCall['constraint'] {
  if (!text?.format) return undefined
  const { type, name = 'answer', schema, description, strict } = text.format
  const json_schema = schema === undefined ? undefined : { name, schema, description, strict }
  const constraint = constraintOf({ response_format: { type, json_schema } })
  return constraint && { ...constraint, param: schema ? 'text.format.schema' : 'text.format' }
}
