import type { ModelConfig } from '../checkpoint/config.ts'
import type { Rope } from '../checkpoint/rope.ts'

export interface RotaryTables {
  /** [positions, headDim / 2] */
  readonly cosine: Float32Array
  readonly sine: Float32Array
}

/**
 * Cosine and sine of each position's angles (https://arxiv.org/abs/2104.09864).
 *
 * Frequencies and angles are rounded to float32 as in transformers: models were trained with those angles, and at
 * long contexts the rounding is larger than what exact arithmetic would save.
 */
export function rotaryTables(config: ModelConfig): RotaryTables {
  const half = config.headDim / 2
  const frequencies = Float32Array.from({ length: half }, (_, index) =>
    scaled(config.rope, 1 / config.rope.theta ** ((2 * index) / config.headDim)),
  )
  const cosine = new Float32Array(config.positionsMax * half)
  const sine = new Float32Array(config.positionsMax * half)
  for (let position = 0; position < config.positionsMax; position += 1) {
    for (let index = 0; index < half; index += 1) {
      const angle = Math.fround(position * (frequencies[index] ?? 0))
      cosine[position * half + index] = Math.cos(angle)
      sine[position * half + index] = Math.sin(angle)
    }
  }
  return { cosine, sine }
}

function scaled({ scaling }: Rope, frequency: number): number {
  switch (scaling.type) {
    case 'default':
      return frequency
    case 'linear':
      return frequency / scaling.factor
    case 'llama3': {
      // Short waves stay, long ones stretch, those between are blended (Llama 3.1's published code).
      const turns = (scaling.originalPositionsMax * frequency) / (2 * Math.PI)
      const { lowFrequencyFactor: low, highFrequencyFactor: high, factor } = scaling
      const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)))
      return (1 - kept) * (frequency / factor) + kept * frequency
    }
  }
}
