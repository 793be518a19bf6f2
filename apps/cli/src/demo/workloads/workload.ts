/** One tenant of the demo: what it asks for, in the formats that the reference target was trained on. */
export interface Workload {
  readonly tenant: string
  readonly description: string
  readonly temperature: number
  readonly prompts: readonly string[]
}
