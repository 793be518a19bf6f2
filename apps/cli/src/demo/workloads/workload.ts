/** One tenant of the demo: what it asks for, in the formats that the reference target was trained on. */
export interface Workload {
  readonly tenant: string
  readonly description: string
  readonly temperature: number
  /** Prompts with blanks: `{city}` is filled with a word of that list, the same wherever the blank repeats. */
  readonly templates: readonly string[]
  /** By name of the blank. `{city2}` takes from the same list as `{city}`, and never the same word. */
  readonly words: Readonly<Record<string, readonly string[]>>
}
