import type { Architecture } from './architecture.ts'
import { llama } from './llama.ts'
import { qwen3 } from './qwen3.ts'

/** To support another architecture: describe it beside these two and add it here. */
export const architectures: ReadonlyMap<string, Architecture> = new Map(
  [llama, qwen3].map((architecture) => [architecture.name, architecture]),
)

export const architectureNames = [...architectures.keys()]
