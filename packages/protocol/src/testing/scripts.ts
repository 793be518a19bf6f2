import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DraftVerdict, Frame, GenerateCall, WorkerError } from '../rpc.ts'

/**
 * What a script can do besides sending a frame: drop the connection, give no more sign of life, send bytes as they are.
 */
export type Act =
  | Frame
  | { readonly type: 'crash' }
  | { readonly type: 'hang' }
  | { readonly type: 'raw'; readonly bytes: string }

/** How a scripted worker answers one call; `signal` aborts when the gateway hangs up. */
export type Script = (call: GenerateCall, signal: AbortSignal) => AsyncIterable<Act>

const WORDS = ['select', ' from', ' where', ' group', ' by', ' order', ' limit', ' 1', ' café', ' 👍']

/** Deterministic words: a function of seed, choice and position alone, as a real worker's tokens are. */
export async function* wordsScript(call: GenerateCall, signal: AbortSignal, wordMs = 0): AsyncGenerator<Act> {
  const problem = problemOf(call)
  if (problem) {
    yield { type: 'error', error: problem }
    return
  }
  yield { type: 'start', worker: 'wrk_scripted', promptTokens: promptTokensOf(call) }
  const length = call.completionTokensMax ?? 5
  for (let position = 0; position < length; position++) {
    if (wordMs > 0) await sleep(wordMs, undefined, { signal })
    for (let choice = 0; choice < call.choices; choice++) {
      if (position >= (call.resumed?.[choice]?.length ?? 0)) yield textFrame(call, choice, position)
    }
  }
  for (let choice = 0; choice < call.choices; choice++) yield { type: 'finish', choice, reason: 'length' }
  yield endFrame(call, length * call.choices)
}

/** Says a text, a piece a token, and stops; the same for every choice. */
export function sayScript(pieces: readonly string[], reason: 'stop' | 'length' = 'stop'): Script {
  return async function* (call) {
    yield { type: 'start', worker: 'wrk_scripted', promptTokens: promptTokensOf(call) }
    for (const [position, text] of pieces.entries()) {
      for (let choice = 0; choice < call.choices; choice++) {
        if (position < (call.resumed?.[choice]?.length ?? 0)) continue
        const scored = { text, bytes: [...Buffer.from(text)], logprob: -0.5 }
        yield {
          ...{ type: 'text', choice, text, tokens: [position], completionTokens: position + 1 },
          ...(call.topLogprobs !== undefined && { logprobs: [{ ...scored, top: [] }] }),
        }
      }
    }
    for (let choice = 0; choice < call.choices; choice++) yield { type: 'finish', choice, reason }
    yield endFrame(call, pieces.length * call.choices)
  }
}

export function endFrame(
  call: GenerateCall,
  completionTokens: number,
  drafts: readonly DraftVerdict[] = [],
): Extract<Frame, { type: 'end' }> {
  return {
    type: 'end',
    usage: { promptTokens: promptTokensOf(call), cachedTokens: 1, completionTokens },
    speculation: {
      steps: 4,
      draftTokens: 8,
      acceptedTokens: 6,
      acceptanceHistogram: [1, 0, 3],
      lookaheadMax: 2,
      armSteps: { suffix: 3, none: 1 },
      arms: [
        { arm: 'suffix', draftVersion: null, steps: 3, committedTokens: 9, proposed: [4, 4], accepted: [3, 3] },
        { arm: 'none', draftVersion: null, steps: 1, committedTokens: 1, proposed: [], accepted: [] },
      ],
    },
    drafts: [...drafts],
  }
}

/** Words from a worker that found the call's adapter wanting: served all the same, and said at the end. */
export async function* verdictScript(
  call: GenerateCall,
  signal: AbortSignal,
  judge: (version: string) => DraftVerdict | null,
): AsyncGenerator<Act> {
  const verdict = call.adapter && judge(call.adapter.id)
  for await (const act of wordsScript(call, signal)) {
    yield act.type === 'end' ? { ...act, drafts: verdict ? [verdict] : [] } : act
  }
}

function textFrame(call: GenerateCall, choice: number, position: number): Frame {
  const digest = createHash('sha256').update(`${call.sampling.seed} ${choice} ${position}`).digest()
  const text = WORDS[digest.readUInt8(0) % WORDS.length] ?? ''
  const scored = { text, bytes: [...Buffer.from(text)], logprob: -0.5 }
  return {
    type: 'text',
    choice,
    text,
    tokens: [digest.readUInt8(0) % WORDS.length],
    completionTokens: position + 1,
    cachedTokens: 1,
    ...(call.topLogprobs !== undefined && {
      logprobs: [{ ...scored, top: Array.from({ length: call.topLogprobs }, () => scored) }],
    }),
  }
}

function problemOf(call: GenerateCall): WorkerError | null {
  if (promptTokensOf(call) >= 512) {
    return { code: 'context_length_exceeded', message: 'The context holds 512 tokens.', param: paramOf(call.input) }
  }
  const { constraint } = call
  if (constraint?.source.kind === 'json' && constraint.source.schema.includes('"not"')) {
    return { code: 'invalid_value', message: "the keyword 'not' is not supported.", param: constraint.param }
  }
  if (call.speculation.arm === 'static' || call.speculation.arm === 'adaptive') {
    return { code: 'invalid_value', message: 'this arm is not here.', param: 'speculation.arm' }
  }
  return null
}

function promptTokensOf(call: GenerateCall): number {
  if (call.input.kind === 'tokens') return call.input.tokens.length
  const texts = call.input.kind === 'text' ? [call.input.text] : call.input.messages.map((message) => message.content)
  return texts.join(' ').split(/\s+/).length
}

/** The fingerprint of what a scripted worker serves, if it is told no other. */
export const SCRIPTED_WEIGHTS = 'scripted-weights'

/** A call that every worker can serve; tests change what they are about. */
export function exampleCall(model: string, fingerprint = SCRIPTED_WEIGHTS): GenerateCall {
  return {
    request: 'req_conformance',
    tenant: 'ten_conformance',
    weight: 1,
    model,
    fingerprint,
    input: { kind: 'chat', messages: [{ role: 'user', content: 'List the names of all customers.' }] },
    choices: 1,
    completionTokensMax: 12,
    sampling: {
      temperature: 0.8,
      topK: 0,
      topP: 1,
      minP: 0,
      presencePenalty: 0,
      frequencyPenalty: 0,
      repetitionPenalty: 1,
      logitBias: {},
      seed: '18446744073709551615',
    },
    stopStrings: [],
    speculation: { arm: 'auto' },
    adapter: null,
    learn: true,
    forgottenMs: 0,
  }
}

function paramOf(input: GenerateCall['input']): string {
  return input.kind === 'chat' ? (input.param ?? 'messages') : 'prompt'
}
