import type { ShapeChoice } from '@foretoken/learning'
import type { WeightFormat } from '@foretoken/model'

/** What `foretoken target bring-up` is told. */
export interface BringUpCommandOptions {
  readonly name?: string
  readonly prompts?: readonly string[]
  readonly promptsMax?: number
  readonly weights: readonly [WeightFormat, ...WeightFormat[]]
  /** Minutes. */
  readonly budget: number
  readonly shapes?: readonly ShapeChoice[]
  readonly completionTokens: number
  readonly sampledShare: number
  readonly batch: number
  readonly learningRate: number
  readonly seed: number
  readonly threads?: number
  readonly restart: boolean
  readonly dataDir: string
  readonly json: boolean
}
