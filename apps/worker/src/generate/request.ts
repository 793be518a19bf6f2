import { type Constraint, EngineError, type GenerationRequest } from '@foretoken/engine'
import { ChatTemplateError, type LoadedModel } from '@foretoken/model'
import type { GenerateCall } from '@foretoken/protocol'
import type { ToolTemplate } from '@foretoken/tool-calls'

/** What a call is read with. `tools` is null for a model without a chat template. */
export interface CallReader {
  readonly model: LoadedModel
  readonly tools: ToolTemplate | null
}

/** What a conversation becomes tokens with. */
export interface TokenReader extends Pick<CallReader, 'tools'> {
  readonly model: Pick<LoadedModel, 'tokenizer'>
}

/**
 * From the RPC's words to the engine's: text becomes tokens, absent limits become the context's.
 *
 * @throws EngineError naming the parameter when the model can't take the conversation or its context is too short.
 */
export function generationRequest(
  call: GenerateCall,
  reader: CallReader,
  constraint: Constraint | undefined,
): GenerationRequest {
  const { model } = reader
  const prompt = promptTokens(call.input, reader)
  const { sampling } = call
  return {
    id: call.request,
    tenant: call.tenant,
    weight: call.weight,
    prompt,
    choices: call.choices,
    completionTokensMax: completionTokensMax(call, prompt.length, model.contextLength),
    sampling: {
      ...sampling,
      logitBias: new Map(Object.entries(sampling.logitBias).map(([id, bias]) => [Number(id), bias])),
      seed: BigInt.asUintN(64, BigInt(sampling.seed)),
    },
    stopStrings: call.stopStrings,
    ...(constraint && { constraint }),
    ...(call.topLogprobs === undefined ? {} : { topLogprobs: call.topLogprobs }),
    learn: call.learn,
    ...(call.resumed && { resumed: call.resumed }),
    speculation: {
      arm: call.speculation.arm,
      ...(call.speculation.lookahead === undefined ? {} : { lookahead: call.speculation.lookahead }),
    },
  }
}

/** An explicit limit must fit with the prompt, as OpenAI's API has it; without one the completion may fill the context. */
function completionTokensMax(call: GenerateCall, promptLength: number, contextLength: number): number {
  const wanted = call.completionTokensMax ?? Math.max(1, contextLength - promptLength)
  if (promptLength + wanted <= contextLength) return wanted
  const message =
    `This model's context is ${contextLength} tokens. The request asks for ${promptLength + wanted}: ` +
    `${promptLength} in the prompt and ${wanted} for the completion. Reduce the prompt or the completion's limit.`
  throw new EngineError('context_length_exceeded', message, paramOf(call.input))
}

function promptTokens(input: GenerateCall['input'], reader: CallReader): readonly number[] {
  switch (input.kind) {
    case 'chat':
      return conversationTokens(input, reader, { addGenerationPrompt: true })
    case 'text':
      return reader.model.tokenizer.encode(input.text)
    case 'tokens':
      return input.tokens
  }
}

const paramOf = (input: GenerateCall['input']) => (input.kind === 'chat' ? (input.param ?? 'messages') : 'prompt')

type Conversation = Omit<Extract<GenerateCall['input'], { kind: 'chat' }>, 'kind'>

/** @throws EngineError when the model's template can't take the conversation */
export function conversationTokens(
  conversation: Conversation,
  { model, tools }: TokenReader,
  { addGenerationPrompt }: { readonly addGenerationPrompt: boolean },
): readonly number[] {
  try {
    const input = tools?.inputOf(conversation.messages, conversation.tools?.functions ?? []) ?? { messages: [] }
    return model.tokenizer.encodeChat(input.messages, { ...input, addGenerationPrompt })
  } catch (cause) {
    if (!(cause instanceof ChatTemplateError)) throw cause
    throw new EngineError('invalid_value', TEMPLATE_SENTENCES[cause.reason], conversation.param ?? 'messages', {
      cause,
    })
  }
}

/** What a tenant is told; the template's own words may quote the conversation. */
const TEMPLATE_SENTENCES: Record<ChatTemplateError['reason'], string> = {
  missing: 'This model has no chat template: use /v1/completions.',
  refused: "This model's chat template does not accept this order or kind of messages.",
  failed: "This model's chat template could not be applied to these messages.",
}
