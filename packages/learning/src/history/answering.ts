import { RecurrentDraft, RecurrentSpeculator, readDraft, SuffixSpeculator } from '@foretoken/drafting'
import { type Engine, startEngine, type Trace } from '@foretoken/engine'
import type { LoadedModel } from '@foretoken/model'
import { ask } from '../asking/ask.ts'
import type { Question } from '../asking/question.ts'
import { TraceRecorder } from '../trace/index.ts'
import { type HistoryOptions, LearningEnded } from './types.ts'

/** A worker's engine and recorder, for one tenant and nobody who waits. Answers once. */
export class HistoryAnswering {
  private constructor(
    private readonly engine: Engine,
    private readonly recorder: TraceRecorder,
    private readonly draft: RecurrentDraft | null,
    private readonly options: HistoryOptions,
    private readonly failure: AbortController,
  ) {}

  static async start(
    model: LoadedModel,
    options: HistoryOptions,
    onAnswer: (trace: Trace) => void,
  ): Promise<HistoryAnswering> {
    const { store, target, form, staticDraft } = options
    const failure = new AbortController()
    const recorder = new TraceRecorder({
      ...{ store, target, hiddenSize: model.target.shape.hiddenSize },
      ...{ tenantBytesMax: HELD_BYTES_MAX, bytesMax: HELD_BYTES_MAX },
      onError: (error) => failure.abort(error),
    })
    const record = (trace: Trace) => {
      recorder.record(trace)
      onAnswer(trace)
    }
    const draft =
      staticDraft === null
        ? null
        : await RecurrentDraft.open(await readDraft(staticDraft, target, form), model.folder, { threads: 1 })
    const suffix = new SuffixSpeculator({ endIds: model.tokenizer.eosIds })
    const engine = await startEngine(model, draft ? [suffix, new RecurrentSpeculator(draft)] : [suffix], {
      sequencesMax: CONCURRENT,
      lookaheadMax: LOOKAHEAD_MAX,
      prefillRowsBusy: PREFILL_ROWS, // nobody waits for the next token of an answer
      traces: { record },
    })
    return new HistoryAnswering(engine, recorder, draft, options, failure)
  }

  /** Stops to ask when so many tokens are there; what is under way is finished. */
  async answer(questions: readonly Question[], tokensMax: number): Promise<void> {
    const { engine, recorder, draft, failure, options } = this
    const { tenant } = options
    const signal = AbortSignal.any([options.signal, failure.signal])
    let tokens = 0
    const onTokens = (count: number) => {
      tokens += count
    }
    const left = questions.values()
    const reader = async () => {
      for (const question of left) {
        if (tokens >= tokensMax) return
        await this.checkLearning()
        signal.throwIfAborted()
        await ask(engine, question, { tenant, arm: 'auto', signal, onTokens })
        if (recorder.statistics.bytes > STORE_FIRST_BYTES) await recorder.flush()
      }
    }
    // The first that fails stops the others too.
    const fail = (error: unknown) => failure.abort(error)
    await Promise.all(Array.from({ length: CONCURRENT }, () => reader().catch(fail)))
    await this.checkLearning().catch(fail)
    await engine.drain()
    if (failure.signal.reason instanceof LearningEnded) recorder.forget(tenant)
    await recorder.close()
    await draft?.close()
    failure.signal.throwIfAborted()
  }

  private async checkLearning(): Promise<void> {
    if (!(await this.options.mayLearn())) throw new LearningEnded('the tenant is no longer to be learned from')
  }
}

/** As a worker does by default; beyond it a batch gains little on few cores. */
const CONCURRENT = 16
const PREFILL_ROWS = 128
/** A full batch pays for every row, so that long chains save nothing there; and fewer lengths are sooner measured. */
const LOOKAHEAD_MAX = 4
/** Answers wait for the store when so much is held, long before any had to be dropped. */
const STORE_FIRST_BYTES = 64 << 20
const HELD_BYTES_MAX = 1 << 30
