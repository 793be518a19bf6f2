import type { Trace } from '@foretoken/engine'
import type { LoadedModel } from '@foretoken/model'
import type { ObjectStore } from '@foretoken/storage'
import { decodeSegment, encodeSegment } from '../trace/index.ts'
import { type Asked, answerAll } from './answering.ts'
import type { DraftPrompt } from './prompts.ts'
import { type QuestionOptions, questionsOf, storedAnswers } from './questions.ts'

export interface GenerationOptions extends QuestionOptions {
  readonly store: ObjectStore
  /** `targetFingerprint` of the model. */
  readonly target: string
  readonly signal: AbortSignal
  readonly onProgress: (progress: GenerationProgress) => void
  /** Asked before each segment that would have to be answered: true leaves it and all after it out. Absent: all are. */
  readonly enough?: () => boolean
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
 * learns from answers to something else. Domains take turns, so that what there is when it has to end is of all of them.
 *
 * Rejects with the signal's reason once it is aborted; the answers of the segments in hand are lost then.
 */
export async function generateTraces(
  model: LoadedModel,
  prompts: readonly DraftPrompt[],
  options: GenerationOptions,
): Promise<Map<string, Trace[]>> {
  const segments = segmentsOf(prompts)
  const counts = { prompts: 0, tokens: 0 }
  const report = (answers: number, tokens: number) => {
    counts.prompts += answers
    counts.tokens += tokens
    options.onProgress({ ...counts, promptsTotal: prompts.length })
  }
  const answered = new Map<Segment, readonly Trace[]>()
  const missing: Segment[] = []
  for (const segment of segments) {
    options.signal.throwIfAborted()
    const stored = await readStored(model, segment, options)
    if (!stored) {
      missing.push(segment)
      continue
    }
    answered.set(segment, stored)
    report(segment.prompts.length, tokensOf(stored))
  }
  const onSegment = (segment: Segment, traces: readonly Trace[]) => void answered.set(segment, traces)
  await answerAll(model, questionsIn(missing, { model, options, report, onSegment }), options.signal)
  return byDomain(prompts, segments, answered)
}

/** Prompts that are stored together. What a kill loses are those that are being answered, and their neighbours. */
const SEGMENT = 16

interface Segment {
  readonly domain: string
  /** Place of its first prompt in its domain. */
  readonly from: number
  readonly prompts: readonly DraftPrompt[]
}

interface Generation {
  readonly model: LoadedModel
  readonly options: GenerationOptions
  readonly report: (answers: number, tokens: number) => void
  readonly onSegment: (segment: Segment, traces: readonly Trace[]) => void
}

/** The first segment of each domain, then the second of each. */
function segmentsOf(prompts: readonly DraftPrompt[]): Segment[] {
  const segments: Segment[] = []
  for (const [domain, own] of groupBy(prompts)) {
    for (let from = 0; from < own.length; from += SEGMENT) {
      segments.push({ domain, from, prompts: own.slice(from, from + SEGMENT) })
    }
  }
  return segments.sort((a, b) => a.from - b.from)
}

/** The questions of one segment after the other; a segment is stored when its last answer is there. */
function* questionsIn(segments: readonly Segment[], generation: Generation): Generator<Asked> {
  const { model, options, report, onSegment } = generation
  for (const segment of segments) {
    if (options.enough?.()) return
    const { domain, from, prompts } = segment
    const questions = questionsOf(model, prompts, from, options)
    const answers = new Map<string, Trace>()
    report(prompts.length - questions.length, 0)
    if (questions.length === 0) onSegment(segment, [])
    for (const question of questions) {
      const onAnswer = async (trace: Trace) => {
        answers.set(question.id, trace)
        report(1, trace.tokens.length)
        if (answers.size < questions.length) return
        const traces = questions.flatMap(({ id }) => answers.get(id) ?? [])
        onSegment(segment, await store(segment, traces, generation))
      }
      yield { question, domain, onAnswer }
    }
  }
}

async function readStored(model: LoadedModel, segment: Segment, options: GenerationOptions) {
  const found = await options.store.get(keyOf(segment))
  if (!found) return undefined
  const questions = questionsOf(model, segment.prompts, segment.from, options)
  return storedAnswers(found, questions, options.target, model.generationDefaults.eosIds)
}

/** Returns what a later run will read, in one piece of memory. */
async function store(segment: Segment, traces: readonly Trace[], { model, options }: Generation): Promise<Trace[]> {
  const { hiddenSize } = model.target.shape
  const bytes = encodeSegment(traces, { tenant: segment.domain, target: options.target, hiddenSize })
  await options.store.put(keyOf(segment), bytes)
  return [...decodeSegment(bytes).traces]
}

function keyOf({ domain, from }: Segment): string {
  return `generated/${domain}/${String(from).padStart(8, '0')}.safetensors`
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

/** In the order of the prompts, whatever was answered first. */
function byDomain(
  prompts: readonly DraftPrompt[],
  segments: readonly Segment[],
  answered: ReadonlyMap<Segment, readonly Trace[]>,
): Map<string, Trace[]> {
  const traces = new Map(prompts.map(({ domain }): [string, Trace[]] => [domain, []]))
  for (const segment of segments) traces.get(segment.domain)?.push(...(answered.get(segment) ?? []))
  return traces
}

function tokensOf(traces: readonly Trace[]): number {
  return traces.reduce((total, { tokens }) => total + tokens.length, 0)
}
