import type { Trace } from '@foretoken/engine'
import type { LoadedModel } from '@foretoken/model'
import type { ObjectStore } from '@foretoken/storage'
import { decodeSegment, encodeSegment } from '../trace/index.ts'
import { Answering } from './answering.ts'
import type { DraftPrompt } from './prompts.ts'
import { type QuestionOptions, questionsOf, storedAnswers } from './questions.ts'

export interface GenerationOptions extends QuestionOptions {
  readonly store: ObjectStore
  /** `targetFingerprint` of the model. */
  readonly target: string
  readonly signal: AbortSignal
  readonly onProgress: (progress: GenerationProgress) => void
}

export interface GenerationProgress {
  readonly prompts: number
  readonly promptsTotal: number
  /** Of all answers so far, stored ones included. */
  readonly tokens: number
}

/**
 * Lets the target answer the prompts and keeps what verification saw: the text that a draft will meet is the target's
 * own, not that of a corpus. Answers are stored in segments of SEGMENT prompts, and a segment that holds these answers
 * already is read instead of generated: a killed run goes on where it was, and a changed target, prompt or option never
 * learns from answers to something else.
 *
 * Rejects with the signal's reason once it is aborted; the answers of the segment in hand are lost then.
 */
export async function generateTraces(
  model: LoadedModel,
  prompts: readonly DraftPrompt[],
  options: GenerationOptions,
): Promise<Map<string, Trace[]>> {
  const byDomain = new Map<string, Trace[]>()
  const answering = new Answering(model, options.signal)
  const counts = { prompts: 0, tokens: 0 }
  const report = (answers: number, tokens: number) => {
    counts.prompts += answers
    counts.tokens += tokens
    options.onProgress({ ...counts, promptsTotal: prompts.length })
  }
  try {
    for (const [domain, own] of groupBy(prompts)) {
      const traces: Trace[] = []
      for (let from = 0; from < own.length; from += SEGMENT) {
        options.signal.throwIfAborted()
        const segment = own.slice(from, from + SEGMENT)
        traces.push(...(await answersTo(segment, from, { model, answering, domain, options, report })))
      }
      byDomain.set(domain, traces)
    }
  } finally {
    await answering.close()
  }
  return byDomain
}

/** Prompts of a segment: what a kill loses at most. */
const SEGMENT = 512

interface Generation {
  readonly model: LoadedModel
  readonly answering: Answering
  readonly domain: string
  readonly options: GenerationOptions
  readonly report: (answers: number, tokens: number) => void
}

async function answersTo(prompts: readonly DraftPrompt[], from: number, generation: Generation): Promise<Trace[]> {
  const { model, answering, domain, options, report } = generation
  const { store, target } = options
  const questions = questionsOf(model, prompts, from, options)
  const key = `generated/${domain}/${String(from).padStart(8, '0')}.safetensors`
  const found = await store.get(key)
  const stored = found && storedAnswers(found, questions, target, model.generationDefaults.eosIds)
  if (stored) {
    report(prompts.length, tokensOf(stored))
    return stored
  }
  report(prompts.length - questions.length, 0)
  const answers = await answering.answer(questions, domain, (trace) => report(1, trace.tokens.length))
  const bytes = encodeSegment(answers, { tenant: domain, target, hiddenSize: model.target.shape.hiddenSize })
  await store.put(key, bytes)
  return [...decodeSegment(bytes).traces] // what a later run will read, in one piece of memory
}

function tokensOf(traces: readonly Trace[]): number {
  return traces.reduce((total, { tokens }) => total + tokens.length, 0)
}

function groupBy(prompts: readonly DraftPrompt[]): Map<string, DraftPrompt[]> {
  const groups = new Map<string, DraftPrompt[]>()
  for (const prompt of prompts) {
    const group = groups.get(prompt.domain)
    if (group) group.push(prompt)
    else groups.set(prompt.domain, [prompt])
  }
  return groups
}
