import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Trace } from '@foretoken/engine'
import { serialise, type TrainingStep } from '@foretoken/graph'
import { seededRandom } from '@foretoken/learning/training'
import { type Checkpoint, openCheckpoint } from '@foretoken/model'
import { InferenceSession, Tensor } from '@foretoken/onnx-runtime'
import { decodeSafetensors, encodeSafetensors, fromFloat32, type SafeTensor, toFloat32 } from '@foretoken/storage'
import { policyBatch, type Weighted } from './batch.ts'
import { MODULES, type PolicyShape, policyJudging, policyShape, policyTraining, weightName } from './graph.ts'

type State = ReadonlyMap<string, Float32Array>

/** A target that is being trained by reinforcement: its checkpoint, and a low-rank change that grows by each update. */
export class Policy {
  private constructor(
    private readonly checkpoint: Checkpoint,
    private readonly shape: PolicyShape,
    private readonly training: { readonly session: InferenceSession; readonly step: TrainingStep },
    private readonly judging: InferenceSession,
    /** By the names of the training step's inputs: parameters and moments. */
    private state: State,
    private steps: number,
  ) {}

  static async open(folder: string, rank: number): Promise<Policy> {
    const checkpoint = await openCheckpoint(folder)
    const shape = policyShape(checkpoint, rank)
    const step = await policyTraining(checkpoint, shape)
    const session = await InferenceSession.create(serialise(step.graph))
    const judging = await InferenceSession.create(serialise(await policyJudging(checkpoint, shape)))
    return new Policy(checkpoint, shape, { session, step }, judging, first(step), 0)
  }

  /** Becomes what it was when this was saved. */
  restore(saved: Uint8Array): void {
    const { tensors, metadata } = decodeSafetensors(saved)
    this.state = new Map([...tensors].map(([name, tensor]) => [name, toFloat32(tensor)]))
    this.steps = Number(metadata.steps ?? 0)
  }

  /** One step of gradient ascent on Σ weight · log share of the rollouts' tokens. */
  async ascend(rollouts: readonly Weighted[], learningRate: number): Promise<void> {
    const { session, step } = this.training
    const outputs = await session.run({
      ...policyBatch(rollouts),
      ...Object.fromEntries(step.state.map(({ input, shape }) => [input, this.tensor(input, shape.map(Number))])),
      step: new Tensor('float32', Float32Array.of(this.steps + 1), []),
      learningRate: new Tensor('float32', Float32Array.of(learningRate), []),
    })
    const next = step.state.map(({ input, output }) => {
      const data = outputs[output]?.data
      if (!(data instanceof Float32Array)) throw new Error(`no ${output} came back`)
      return [input, data] as const
    })
    if (!Number.isFinite(Number(outputs.gradientNorm?.data[0]))) throw new Error('the policy came to nothing')
    this.state = new Map(next)
    this.steps++
  }

  /** Mean log share of the rollouts' completion tokens now, or before the first update. */
  async meanLogShare(traces: readonly Trace[], when: 'now' | 'first' = 'now'): Promise<number> {
    let [sum, count] = [0, 0]
    for (let from = 0; from < traces.length; from += TOGETHER) {
      const batch = policyBatch(traces.slice(from, from + TOGETHER).map((trace) => ({ trace, weight: 1 })))
      const { weights, ...inputs } = batch
      const parameters = Object.entries(this.shape.parameters).map(([name, size]) => {
        const input = `parameter/${name}`
        const unchanged = when === 'first' && name.endsWith('.b')
        const values = unchanged ? new Float32Array(size[0] * size[1]) : this.state.get(input)
        return [input, new Tensor('float32', values ?? new Float32Array(), [...size])]
      })
      const outputs = await this.judging.run({ ...inputs, ...Object.fromEntries(parameters) })
      for (const value of outputs.log_shares?.data ?? []) {
        sum += Number(value)
        count++
      }
    }
    return sum / Math.max(1, count)
  }

  /** All that `restore` needs. */
  saved(): Uint8Array {
    const tensors = [...this.state].map(([name, values]) => [name, fromFloat32(values, [values.length], 'F32')])
    return encodeSafetensors(Object.fromEntries(tensors), { steps: String(this.steps) })
  }

  /** The target as it is now, as a Hugging Face folder. */
  async write(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'generation_config.json']) {
      await cp(join(this.checkpoint.folder, name), join(folder, name))
    }
    const changes = this.changes()
    const weights: Record<string, SafeTensor> = {}
    for (const [name, { shape }] of this.checkpoint.tensors) {
      const values = await this.checkpoint.floats(name)
      const change = changes.get(name)
      for (let at = 0; change && at < values.length; at++) values[at] = (values[at] ?? 0) + (change[at] ?? 0)
      weights[name] = fromFloat32(values, shape, 'F32')
    }
    await writeFile(join(folder, 'model.safetensors'), encodeSafetensors(weights))
  }

  async close(): Promise<void> {
    await this.training.session.release()
    await this.judging.release()
  }

  /** By weight: (a b)ᵀ, [out, in]. */
  private changes(): Map<string, Float32Array> {
    const { rank, parameters } = this.shape
    const layers = Array.from({ length: this.checkpoint.config.layers }, (_, layer) => layer)
    const pairs = layers.flatMap((layer) => MODULES.map((module) => ({ layer, module })))
    return new Map(
      pairs.map(({ layer, module }) => {
        const [a, b] = ['a', 'b'].map((side) => this.state.get(`parameter/${layer}.${module}.${side}`))
        const [columns, out] = [
          parameters[`${layer}.${module}.a`]?.[0] ?? 0,
          parameters[`${layer}.${module}.b`]?.[1] ?? 0,
        ]
        return [
          weightName(layer, module),
          product(a ?? new Float32Array(), b ?? new Float32Array(), rank, columns, out),
        ]
      }),
    )
  }

  private tensor(input: string, shape: number[]): Tensor {
    return new Tensor('float32', this.state.get(input) ?? new Float32Array(), shape)
  }
}

/** Rollouts that are judged in one run. */
const TOGETHER = 16

/** `.a` small and random, `.b` and the moments zero: the first policy is the target itself. */
function first({ state }: TrainingStep): State {
  const random = seededRandom(1)
  return new Map(
    state.map(({ kind, name, shape, input }) => {
      const [rows = 1, columns = 1] = shape.map(Number)
      const drawn = kind === 'parameter' && name.endsWith('.a')
      const value = () => (drawn ? random.gaussian() * rows ** -0.5 : 0)
      return [input, Float32Array.from({ length: rows * columns }, value)]
    }),
  )
}

/** a [in, r] · b [r, out], transposed. */
function product(a: Float32Array, b: Float32Array, rank: number, columns: number, out: number): Float32Array {
  const result = new Float32Array(out * columns)
  for (let row = 0; row < out; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0
      for (let r = 0; r < rank; r++) sum += (a[column * rank + r] ?? 0) * (b[r * out + row] ?? 0)
      result[row * columns + column] = sum
    }
  }
  return result
}
