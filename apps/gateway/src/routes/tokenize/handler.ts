import {
  type DetokenizeResponse,
  parseDetokenizeRequest,
  parseTokenizeRequest,
  type TokenizeCall,
  type TokenizeRequest,
  type TokenizeResponse,
} from '@foretoken/protocol'
import type { Handler } from 'hono'
import { readJson } from '../../middleware/body.ts'
import type { AuthenticatedEnv, Services } from '../../services.ts'
import { toolUseOf } from '../../tools/use.ts'
import { askWorkers } from '../../workers/ask.ts'
import { modelOrOnly } from '../../workers/known-model.ts'
import { chatInput } from '../chat-completions/input.ts'

/** POST /tokenize, in vLLM's shape: which tokens a prompt is, as a request to generate would count them. */
export function tokenize(services: Services): Handler<AuthenticatedEnv> {
  const { workers } = services
  return async (ctx) => {
    const request = parseTokenizeRequest(await readJson(ctx))
    const { id: model, max_model_len } = await modelOrOnly(services, request.model)
    const call = { model, input: toInput(request.input, model, workers) }
    const where = { tenant: ctx.var.key.tenantId, model }
    const { tokens, spellings } = await askWorkers(workers, where, (client) => client.tokenize(call))
    const token_strs = request.spellings ? spellings : null
    return ctx.json<TokenizeResponse>({ count: tokens.length, max_model_len, tokens, token_strs })
  }
}

/** POST /detokenize, in vLLM's shape. */
export function detokenize(services: Services): Handler<AuthenticatedEnv> {
  const { workers } = services
  return async (ctx) => {
    const request = parseDetokenizeRequest(await readJson(ctx))
    const { id: model } = await modelOrOnly(services, request.model)
    const call = { model, tokens: request.tokens }
    const where = { tenant: ctx.var.key.tenantId, model }
    const { text: prompt } = await askWorkers(workers, where, (client) => client.detokenize(call))
    return ctx.json<DetokenizeResponse>({ prompt })
  }
}

function toInput(input: TokenizeRequest['input'], model: string, workers: Services['workers']): TokenizeCall['input'] {
  if (input.kind === 'text') return input
  const { messages, tools, addGenerationPrompt } = input
  const asked = { model, tools, tool_choice: 'auto', parallel_tool_calls: true } as const
  const use = toolUseOf(asked, workers, (at) => `tools[${at}].function.parameters`)
  return { ...chatInput(messages, use), addGenerationPrompt }
}
