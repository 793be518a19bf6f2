import type { Arm } from '@foretoken/drafting'
import type { TargetShape } from '@foretoken/model'
import { EngineError } from './errors.ts'
import type { GenerationRequest } from './request.ts'

/** What an engine can serve at all, however long a request waits. */
export interface Capacity {
  readonly shape: TargetShape
  readonly sequencesMax: number
  readonly arms: readonly Arm[]
  /** Whether that many sequences of that many cached rows stay within the memory budget. */
  fits(sequences: number, rows: number): boolean
}

/** Cache rows that one choice of the request may grow to. */
export function rowsNeeded({ prompt, completionTokensMax }: GenerationRequest, positionsMax: number): number {
  return Math.min(prompt.length + completionTokensMax, positionsMax)
}

/** Why a request can never be served here, naming the parameter to change; undefined when it can. */
export function refusal(request: GenerationRequest, capacity: Capacity): EngineError | undefined {
  return (
    promptFault(request, capacity.shape) ??
    samplingFault(request, capacity) ??
    memoryFault(request, capacity) ??
    resumptionFault(request, capacity.shape)
  )
}

function promptFault({ prompt }: GenerationRequest, { positionsMax, vocabularySize }: TargetShape) {
  if (prompt.length === 0) return invalid('The prompt is empty.', 'prompt')
  if (prompt.length >= positionsMax) {
    const message = `This model's context is ${positionsMax} tokens, and the prompt alone takes ${prompt.length}. Shorten it.`
    return new EngineError('context_length_exceeded', message, 'prompt')
  }
  const beyond = prompt.findIndex((token) => token >= vocabularySize)
  if (beyond < 0) return undefined
  const message = `Token ids must be below ${vocabularySize}, the size of this model's vocabulary; number ${beyond + 1} is not.`
  return invalid(message, 'prompt')
}

function samplingFault({ choices, sampling, speculation }: GenerationRequest, capacity: Capacity) {
  const { sequencesMax, arms, shape } = capacity
  if (choices > sequencesMax) return invalid(`At most ${sequencesMax} choices are possible.`, 'n')
  const beyond = [...sampling.logitBias.keys()].find((token) => token >= shape.vocabularySize)
  if (beyond !== undefined) {
    const message = `Token ids must be below ${shape.vocabularySize}, the size of this model's vocabulary; ${beyond} is not.`
    return invalid(message, 'logit_bias')
  }
  const { arm } = speculation
  const known = arm === 'auto' || arm === 'none' || arm === 'grammar' || arms.includes(arm)
  return known ? undefined : invalid(`The arm "${arm}" is not available on this model.`, 'speculation.arm')
}

function memoryFault(request: GenerationRequest, { shape, fits }: Capacity) {
  if (fits(request.choices, rowsNeeded(request, shape.positionsMax))) return undefined
  const message = 'The request needs more cache memory than this worker has.'
  return new EngineError('context_length_exceeded', message, 'max_tokens')
}

/** Nobody but a gateway resumes, so that it is wrong is no fault of the tenant's. */
function resumptionFault(request: GenerationRequest, { vocabularySize, positionsMax }: TargetShape) {
  const { resumed, choices, prompt } = request
  if (!resumed) return undefined
  const rows = rowsNeeded(request, positionsMax) - prompt.length
  const possible = (tokens: readonly number[]) =>
    tokens.length <= rows && tokens.every((token) => token < vocabularySize)
  if (resumed.length === choices && resumed.every(possible)) return undefined
  return new EngineError('internal', 'What was said so far is none of this request.')
}

function invalid(message: string, param: string): EngineError {
  return new EngineError('invalid_value', message, param)
}
