import type { TokenTables } from '@foretoken/model'
import { kernels } from '@foretoken/native'
import { drawAt } from '../../controller/draw.ts'
import type { DraftSampling } from '../../speculator.ts'
import type { AdapterValues } from '../adapter.ts'
import { type DraftArtifact, decodeDraft, encodeDraft } from '../artifact.ts'
import { adapterParameters, type DraftShape, draftParameters, type ParameterTable } from '../shape.ts'
import type { Parameters } from '../tensors.ts'

/** Standard normal numbers, a function of the seed alone. */
export function gaussians(seed: number): () => number {
  let counter = 0
  const next = () => drawAt(seed, counter++)
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
}

export function randomFloats(seed: number, length: number, deviation = 1): Float32Array {
  const next = gaussians(seed)
  return Float32Array.from({ length }, () => deviation * next())
}

export function randomTables(seed: number, vocabularySize: number, hiddenSize: number): TokenTables {
  const table = (stream: number) => randomFloats(seed + stream, vocabularySize * hiddenSize)
  return { vocabularySize, hiddenSize, embedding: table(1), head: table(2), endIds: [] }
}

/** A value for each parameter; nothing is left at zero. */
export function randomParameters(seed: number, table: ParameterTable, deviation = 0.4): Parameters {
  const entries = Object.entries(table).map(([name, { shape }], at) => {
    const length = shape.reduce((total, dim) => total * dim, 1)
    return [name, randomFloats(seed * 31 + at, length, deviation)] as const
  })
  return new Map(entries)
}

/** A draft whose vocabulary is the target's first tokens, every other one. */
export function randomDraft(seed: number, shape: DraftShape): DraftArtifact {
  return artifactOf(shape, randomParameters(seed, draftParameters(shape)))
}

export function artifactOf(shape: DraftShape, parameters: Parameters, acceptance: readonly number[] = [0.5]) {
  const tokens = Int32Array.from({ length: shape.vocabularySize }, (_, place) => 2 * place)
  return decodeDraft(encodeDraft({ target: 'target', shape, parameters, tokens, acceptance }))
}

/** With the target's odd tokens as hot-list, which `randomDraft` lacks. */
export function randomAdapter(seed: number, shape: DraftShape, hotCount = shape.adapter.hotSize): AdapterValues {
  const hotTokens = Int32Array.from({ length: hotCount }, (_, place) => 2 * place + 1)
  return { values: randomParameters(seed, adapterParameters(shape)), hotTokens }
}

/** An adapter as training starts with it: each product zero. */
export function freshAdapter(seed: number, shape: DraftShape): AdapterValues {
  const { values } = randomAdapter(seed, shape)
  const fresh = [...values].map(([name, data]) => [name, name.endsWith('.a') ? data : data.map(() => 0)] as const)
  return { values: new Map(fresh), hotTokens: new Int32Array() }
}

/** The noise that the kernels draw for this seed; where there are none, some other. */
export function randomSampling(seed: number): DraftSampling {
  const draw = { seed: BigInt(seed), choice: 0, temperature: 1 }
  const one = new Float32Array(1)
  const gumbel = (position: number, token: number) => {
    if (!kernels) return -Math.log(-Math.log(drawAt(seed + position, token)))
    kernels.draftNoise({ ...draw, position }, Int32Array.of(token), one)
    return one[0] ?? 0
  }
  return { ...draw, temperature: 1 + (seed % 3), gumbel }
}
