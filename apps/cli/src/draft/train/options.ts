/** What `foretoken draft train` is told. */
export interface TrainOptions {
  readonly target?: string
  readonly prompts: readonly string[]
  readonly promptsMax?: number
  readonly output?: string
  readonly force: boolean
  readonly work?: string
  readonly restart: boolean
  readonly completionTokens: number
  readonly sampledShare: number
  readonly steps: number
  readonly batch: number
  readonly learningRate: number
  readonly vocabulary: number
  readonly state: number
  readonly seed: number
  readonly threads?: number
  readonly dataDir: string
  readonly json: boolean
}
