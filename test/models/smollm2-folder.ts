import { fileURLToPath } from 'node:url'
import { fetchSmolLM2, fetchSmolLM2Gguf, SmolLM2Error } from '@foretoken/smollm2'

export interface SmolLM2Files {
  readonly folder: string
  readonly gguf: string
}

/**
 * The model for tests, from the repository's own cache, where the first of them puts it. Undefined where it can't be
 * had, which is said aloud; in CI that is an error, so that nothing passes by not being run.
 */
export async function smollm2ForTests(): Promise<SmolLM2Files | undefined> {
  const say = (line: string) => console.info(`SmolLM2: ${line}`)
  try {
    const folder = await fetchSmolLM2(CACHE, say)
    return { folder, gguf: await fetchSmolLM2Gguf(CACHE, () => {}) }
  } catch (error) {
    if (!(error instanceof SmolLM2Error) || process.env.CI) throw error
    console.warn(`Tests with SmolLM2 are skipped. ${error.message}`)
    return undefined
  }
}

/** Where `foretoken up --model smollm2` finds it as well. */
const CACHE = fileURLToPath(new URL('../../.foretoken/models', import.meta.url))
