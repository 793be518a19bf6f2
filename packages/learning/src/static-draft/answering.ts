import { CostTable } from '@foretoken/drafting'
import { Engine, type Trace } from '@foretoken/engine'
import type { LoadedModel } from '@foretoken/model'
import { ask } from '../asking/ask.ts'
import type { Question } from '../asking/question.ts'

export interface Asked {
  readonly question: Question
  /** Whose trace the answer is. */
  readonly domain: string
  readonly onAnswer: (trace: Trace) => Promise<void>
}

/**
 * Has the target answer questions, many at a time, and takes the next one when an answer has ended: questions may be
 * made up while others are answered, and it ends when there are no more.
 *
 * Rejects with the signal's reason, or what the engine, a question or its listener failed with.
 */
export async function answerAll(model: LoadedModel, questions: Iterator<Asked>, signal: AbortSignal): Promise<void> {
  const first = questions.next()
  if (first.done) return
  const answers = new Map<string, Trace>()
  const engine = start(model, (trace) => answers.set(trace.request, trace))
  const failure = new AbortController()
  const until = AbortSignal.any([signal, failure.signal])
  const lane = async (next: IteratorResult<Asked>) => {
    for (; !next.done; next = questions.next()) {
      const { question, domain, onAnswer } = next.value
      await ask(engine, question, { tenant: domain, arm: 'none', signal: until })
      const trace = answers.get(question.id)
      answers.delete(question.id)
      if (trace) await onAnswer(trace)
    }
  }
  try {
    // The first that fails stops the others too.
    const lanes = Array.from({ length: CONCURRENT }, async (_, at) => await lane(at === 0 ? first : questions.next()))
    await Promise.all(lanes.map((each) => each.catch((error: unknown) => failure.abort(error))))
  } finally {
    await engine.drain()
  }
  signal.throwIfAborted()
  failure.signal.throwIfAborted()
}

function start({ target, tokenizer: tokens }: LoadedModel, record: (trace: Trace) => void): Engine {
  return new Engine(
    { target, tokens, speculators: [], costs: new CostTable([ANY_COST]) },
    {
      sequencesMax: CONCURRENT,
      prefillRowsBusy: PREFILL_ROWS, // nobody waits for the next token of an answer
      lookaheadMax: 0,
      traces: { record },
    },
  )
}

/** Rows of a plain decoding run: the target's throughput grows until about here on two cores. */
const CONCURRENT = 32
const PREFILL_ROWS = 128
/** Nothing is drafted, so that what a run costs decides nothing and need not be measured. */
const ANY_COST = { batch: 1, length: 1, ms: 1 }
