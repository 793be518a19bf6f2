import { fileURLToPath } from 'node:url'

/** The folder of SmolLM2's static draft; its card lies beside the weights. */
export const smollm2DraftFolder = fileURLToPath(new URL('../draft', import.meta.url))
