import type { CallMessage } from '@foretoken/protocol'
import type { UnroutedCall } from '../workers/route.ts'

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
export function demandOf(calls: readonly UnroutedCall[]): RequestDemand {
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

function promptTokensOf(input: UnroutedCall['input']): number {
  switch (input.kind) {
    case 'tokens':
      return input.tokens.length
    case 'text':
      return tokensOfText(input.text)
    case 'chat':
      return input.messages.reduce((sum, message) => sum + tokensOfMessage(message), tokensOfData(input.tools))
  }
}

function tokensOfMessage({ content, toolCalls }: CallMessage): number {
  return tokensOfText(content) + tokensOfData(toolCalls) + TOKENS_PER_MESSAGE
}

const tokensOfData = (data: object | undefined): number => (data ? tokensOfText(JSON.stringify(data)) : 0)

const tokensOfText = (text: string): number => Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN)
