import type { ParameterSpec, Parameters, ParameterTable } from '@foretoken/drafting'
import { serialise, type TrainingStep } from '@foretoken/graph'
import { InferenceSession, Tensor } from '@foretoken/onnx-runtime'
import type { TrainableDraft } from './draft-graphs.ts'
import { batchOf, type Example, type Reading } from './examples.ts'
import { LOSS_DEFAULTS, type LossOptions } from './loss.ts'
import { type Random, shuffled } from './random.ts'

export interface TrainingOptions {
  readonly batch: number
  readonly steps: number
  /** The highest rate; it warms up over WARM_UP steps and falls to END_SHARE of it along a cosine. */
  readonly learningRate: number
  readonly weightDecay: number
  readonly loss: Partial<LossOptions>
  readonly threads: number
}

/** Everything that a killed run needs to go on as if it had not been. */
export interface TrainingState {
  /** Updates made. */
  readonly step: number
  readonly parameters: Parameters
  readonly moment1: Parameters
  readonly moment2: Parameters
}

/** Values before training: Gaussians of the table's deviations around its starts. */
export function initialState(table: ParameterTable, random: Random): TrainingState {
  const make = (value: (spec: ParameterSpec) => number) =>
    new Map(
      Object.entries<ParameterSpec>(table).map(([name, spec]) => {
        const size = spec.shape.reduce((total, dim) => total * dim, 1)
        return [name, Float32Array.from({ length: size }, () => value(spec))]
      }),
    )
  return {
    step: 0,
    parameters: make(({ deviation, start = 0 }) => (deviation === 0 ? start : start + deviation * random.gaussian())),
    moment1: make(() => 0),
    moment2: make(() => 0),
  }
}

/** Values that were trained before, as the start of another run. */
export function stateAt(table: ParameterTable, parameters: Parameters): TrainingState {
  const zeros = () => new Map([...parameters].map(([name, values]) => [name, new Float32Array(values.length)]))
  for (const name of Object.keys(table)) if (!parameters.has(name)) throw new RangeError(`parameter ${name} is missing`)
  return { step: 0, parameters, moment1: zeros(), moment2: zeros() }
}

/**
 * Trains a draft or an adapter on examples. The steps are graph runs; here is what feeds them: the order of examples
 * (a function of the seed, so that a resumed run sees what an unbroken one would), the schedule, and the guard that
 * drops an update whose gradient is not finite.
 *
 * Runs block the thread for as long as a step takes; between steps the event loop gets a turn.
 */
export class TrainingRun {
  private state: TrainingState
  private order: { epoch: number; indices: Uint32Array } | undefined

  private constructor(
    private readonly session: InferenceSession,
    private readonly graph: TrainingStep,
    private readonly examples: readonly Example[],
    private readonly reading: Reading,
    private readonly options: TrainingOptions,
    private readonly random: Random,
    start: TrainingState,
  ) {
    this.state = start
  }

  static async open(
    draft: TrainableDraft,
    data: { readonly examples: readonly Example[]; readonly reading: Omit<Reading, 'depth'> },
    options: TrainingOptions,
    random: Random,
    start?: TrainingState,
  ): Promise<TrainingRun> {
    if (data.examples.length === 0) throw new RangeError('there is nothing to learn from')
    const loss = { ...LOSS_DEFAULTS, ...options.loss }
    const graph = draft.training(loss, options.weightDecay)
    const session = await InferenceSession.create(serialise(graph.graph), {
      intraOpNumThreads: options.threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
    })
    const reading = { ...data.reading, depth: loss.depth }
    const first = start ?? initialState(draft.parameters, random)
    return new TrainingRun(session, graph, data.examples, reading, options, random, first)
  }

  get current(): TrainingState {
    return this.state
  }

  get done(): boolean {
    return this.state.step >= this.options.steps
  }

  /** One update. Returns the loss before it, and whether it was made. */
  async step(): Promise<{ loss: number; updated: boolean }> {
    const at = this.state.step
    const outputs = await this.session.run({
      ...batchOf(this.examplesAt(at), this.reading),
      ...this.stateFeeds(),
      step: scalar(at + 1),
      learningRate: scalar(rateAt(at, this.options)),
    })
    const updated = Number.isFinite(Number(outputs.gradientNorm?.data[0]))
    this.state = updated ? this.stateFrom(outputs) : { ...this.state, step: at + 1 }
    return { loss: Number(outputs.loss?.data[0]), updated }
  }

  close(): Promise<void> {
    return this.session.release()
  }

  /** Batch number `step`: consecutive slices of one shuffle per epoch. */
  private examplesAt(step: number): Example[] {
    const { batch } = this.options
    return Array.from({ length: batch }, (_, within) => {
      const place = step * batch + within
      const epoch = Math.floor(place / this.examples.length)
      if (this.order?.epoch !== epoch) {
        this.order = { epoch, indices: shuffled(this.examples.length, this.random.fork(epoch)) }
      }
      return this.examples[this.order.indices[place % this.examples.length] ?? 0]
    }).flatMap((example) => (example ? [example] : []))
  }

  private stateFeeds(): Record<string, Tensor> {
    return Object.fromEntries(
      this.graph.state.map(({ kind, name, shape, input }) => {
        const values = this.valuesOf(kind).get(name) ?? new Float32Array()
        return [input, new Tensor('float32', values, shape.map(Number))]
      }),
    )
  }

  private stateFrom(outputs: InferenceSession.OnnxValueMapType): TrainingState {
    const next = { parameter: new Map(), moment1: new Map(), moment2: new Map() } satisfies Record<
      string,
      Map<string, Float32Array>
    >
    for (const { kind, name, output } of this.graph.state) {
      const data = outputs[output]?.data
      if (data instanceof Float32Array) next[kind].set(name, data)
    }
    const { parameter: parameters, moment1, moment2 } = next
    return { step: this.state.step + 1, parameters, moment1, moment2 }
  }

  private valuesOf(kind: 'parameter' | 'moment1' | 'moment2'): Parameters {
    return kind === 'parameter' ? this.state.parameters : this.state[kind]
  }
}

const WARM_UP = 20
const END_SHARE = 0.05

export function rateAt(step: number, { steps, learningRate }: Pick<TrainingOptions, 'steps' | 'learningRate'>): number {
  const warm = Math.min(1, (step + 1) / WARM_UP)
  const fall = 0.5 * (1 + Math.cos((Math.PI * step) / Math.max(1, steps)))
  return learningRate * warm * (END_SHARE + (1 - END_SHARE) * fall)
}

function scalar(value: number): Tensor {
  return new Tensor('float32', Float32Array.of(value), [])
}
