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
import { askWorkers } from '../../workers/ask.ts'
import { toMessage } from '../message.ts'
import { modelOrOnly } from '../model.ts'

/** POST /tokenize, in vLLM's shape: which tokens a prompt is, as a request to generate would count them. */
export function tokenize({ workers }: Services): Handler<AuthenticatedEnv> {
  return async (ctx) => {
    const request = parseTokenizeRequest(await readJson(ctx))
    const { id: model, max_model_len } = modelOrOnly(workers, request.model)
    const call = { model, input: toInput(request.input) }
    const where = { tenant: ctx.var.key.tenantId, model }
    const { tokens, spellings } = await askWorkers(workers, where, (client) => client.tokenize(call))
    const token_strs = request.spellings ? spellings : null
    return ctx.json<TokenizeResponse>({ count: tokens.length, max_model_len, tokens, token_strs })
  }
}

/** POST /detokenize, in vLLM's shape. */
export function detokenize({ workers }: Services): Handler<AuthenticatedEnv> {
  return async (ctx) => {
    const request = parseDetokenizeRequest(await readJson(ctx))
    const { id: model } = modelOrOnly(workers, request.model)
    const call = { model, tokens: request.tokens }
    const where = { tenant: ctx.var.key.tenantId, model }
    const { text: prompt } = await askWorkers(workers, where, (client) => client.detokenize(call))
    return ctx.json<DetokenizeResponse>({ prompt })
  }
}

function toInput(input: TokenizeRequest['input']): TokenizeCall['input'] {
  return input.kind === 'text' ? input : { ...input, messages: input.messages.map(toMessage) }
}
