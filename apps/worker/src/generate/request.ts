import { EngineError, type GenerationRequest } from '@foretoken/engine'
import type { LoadedModel } from '@foretoken/model'
import type { GenerateCall } from '@foretoken/protocol'

/** From the RPC's words to the engine's: text becomes tokens, absent limits become the context's. */
export function generationRequest(call: GenerateCall, model: LoadedModel): GenerationRequest {
  const prompt = promptTokens(call.input, model)
  const { sampling } = call
  return {
    id: call.request,
    tenant: call.tenant,
    prompt,
    choices: call.choices,
    completionTokensMax: completionTokensMax(call, prompt.length, model.contextLength),
    sampling: {
      ...sampling,
      logitBias: new Map(Object.entries(sampling.logitBias).map(([id, bias]) => [Number(id), bias])),
      seed: BigInt.asUintN(64, BigInt(sampling.seed)),
    },
    stopStrings: call.stopStrings,
    ...(call.topLogprobs === undefined ? {} : { topLogprobs: call.topLogprobs }),
    speculation: {
      arm: call.speculation.arm,
      ...(call.speculation.lookahead === undefined ? {} : { lookahead: call.speculation.lookahead }),
    },
  }
}

/** An explicit limit must fit with the prompt, as OpenAI's API has it; without one the completion may fill the context. */
function completionTokensMax(call: GenerateCall, promptLength: number, contextLength: number): number {
  const wanted = call.completionTokensMax
  if (wanted === undefined) return Math.max(1, contextLength - promptLength)
  if (promptLength < contextLength && promptLength + wanted > contextLength) {
    const message =
      `This model's context is ${contextLength} tokens. The request asks for ${promptLength + wanted}: ` +
      `${promptLength} in the prompt and ${wanted} for the completion. Reduce one of them.`
    throw new EngineError('context_length_exceeded', message, call.input.kind === 'chat' ? 'messages' : 'prompt')
  }
  return wanted
}

function promptTokens(input: GenerateCall['input'], model: LoadedModel): readonly number[] {
  switch (input.kind) {
    case 'chat':
      return model.tokenizer.encodeChat(input.messages, { addGenerationPrompt: true })
    case 'text':
      return model.tokenizer.encode(input.text)
    case 'tokens':
      return input.tokens
  }
}
