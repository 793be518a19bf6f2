import { CostTable } from '@foretoken/drafting'
import { Engine, type Trace } from '@foretoken/engine'
import type { LoadedModel } from '@foretoken/model'
import { ask } from '../asking/ask.ts'
import type { Question } from '../asking/question.ts'

/** An engine that answers questions, many at a time; started when there is the first, since it may never be asked. */
export class Answering {
  private engine: Engine | undefined
  private onTrace: (trace: Trace) => void = () => undefined

  constructor(
    private readonly model: LoadedModel,
    private readonly signal: AbortSignal,
  ) {}

  /** The answers in the order of the questions. Rejects with the signal's reason, or what the engine failed with. */
  async answer(questions: readonly Question[], domain: string, onAnswer: (trace: Trace) => void): Promise<Trace[]> {
    const answers = new Map<string, Trace>()
    this.onTrace = (trace) => {
      answers.set(trace.request, trace)
      onAnswer(trace)
    }
    const engine = this.engine ?? this.start()
    this.engine = engine
    const left = questions.values()
    const reader = async () => {
      for (const question of left) await ask(engine, question, { tenant: domain, arm: 'none', signal: this.signal })
    }
    await Promise.all(Array.from({ length: CONCURRENT }, reader))
    return questions.flatMap(({ id }) => answers.get(id) ?? [])
  }

  async close(): Promise<void> {
    await this.engine?.drain()
  }

  private start(): Engine {
    const { target, tokenizer: tokens } = this.model
    const costs = new CostTable([ANY_COST])
    return new Engine(
      { target, tokens, speculators: [], costs },
      {
        sequencesMax: CONCURRENT,
        prefillRowsBusy: PREFILL_ROWS, // nobody waits for the next token of an answer
        lookaheadMax: 0,
        traces: { record: (trace) => this.onTrace(trace) },
      },
    )
  }
}

/** Rows of a plain decoding run: the target's throughput grows until about here on two cores. */
const CONCURRENT = 32
const PREFILL_ROWS = 128
/** Nothing is drafted, so that what a run costs decides nothing and need not be measured. */
const ANY_COST = { batch: 1, length: 1, ms: 1 }
