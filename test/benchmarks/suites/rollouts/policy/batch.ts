import type { Trace } from '@foretoken/engine'
import { Tensor } from '@foretoken/onnx-runtime'

/** A rollout, and what its tokens are to be made likelier by. */
export interface Weighted {
  readonly trace: Pick<Trace, 'prompt' | 'tokens'>
  /** Of each of its completion tokens. */
  readonly weight: number
}

/** The inputs of `policyTraining` for some rollouts, padded to the longest; rows are those of completion tokens. */
export function policyBatch(rollouts: readonly Weighted[]): Record<string, Tensor> {
  const texts = rollouts.map(({ trace }) => [...trace.prompt, ...trace.tokens])
  const [B, S] = [texts.length, Math.max(1, ...texts.map(({ length }) => length))]
  const tokens = new Int32Array(B * S)
  for (const [at, text] of texts.entries()) tokens.set(text, at * S)
  const drawn = rollouts.flatMap(({ trace, weight }, at) =>
    [...trace.tokens].map((label, index) => ({ row: at * S + trace.prompt.length + index - 1, label, weight })),
  )
  const mask = Float32Array.from({ length: S * S }, (_, at) => (at % S > Math.floor(at / S) ? FORBIDDEN : 0))
  const longs = (values: readonly number[]) => BigInt64Array.from(values, BigInt)
  return {
    tokens: new Tensor('int32', tokens, [B, S]),
    positions: new Tensor(
      'int64',
      BigInt64Array.from({ length: B * S }, (_, at) => BigInt(at % S)),
      [B, S],
    ),
    mask: new Tensor('float32', mask, [1, 1, S, S]),
    rows: new Tensor('int64', longs(drawn.map(({ row }) => row)), [drawn.length]),
    labels: new Tensor('int64', longs(drawn.map(({ label }) => label)), [drawn.length]),
    weights: new Tensor(
      'float32',
      Float32Array.from(drawn, (each) => each.weight),
      [drawn.length],
    ),
  }
}

const FORBIDDEN = -1e9
