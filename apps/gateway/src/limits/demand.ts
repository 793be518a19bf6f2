import type { GenerateCall } from '@foretoken/protocol'

/** Completion tokens of a choice that are granted at a time. */
export const SLICE_TOKENS = 256

const BYTES_PER_TOKEN = 4
/** What a chat template puts around a message. */
const TOKENS_PER_MESSAGE = 4

export interface RequestDemand {
  /** A guess: only a worker can tell. It is made good before a token is delivered. */
  readonly promptTokens: number
  readonly tokensWanted: number
  readonly tokensNeeded: number
  /** Completion tokens that are asked for at a time once it runs. */
  readonly sliceTokens: number
}

/** What a request asks of its tenant's limits, before a worker has read its prompts. */
export function demandOf(calls: readonly GenerateCall[]): RequestDemand {
  const promptTokens = calls.reduce((sum, { input }) => sum + promptTokensOf(input), 0)
  const choices = calls.reduce((sum, call) => sum + call.choices, 0)
  const tokensMax = calls[0]?.completionTokensMax ?? SLICE_TOKENS
  return {
    promptTokens,
    tokensWanted: choices * Math.min(tokensMax, SLICE_TOKENS),
    tokensNeeded: choices,
    sliceTokens: choices * SLICE_TOKENS,
  }
}

function promptTokensOf(input: GenerateCall['input']): number {
  switch (input.kind) {
    case 'tokens':
      return input.tokens.length
    case 'text':
      return tokensOfText(input.text)
    case 'chat':
      return input.messages.reduce((sum, { content }) => sum + tokensOfText(content) + TOKENS_PER_MESSAGE, 0)
  }
}

const tokensOfText = (text: string): number => Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN)
