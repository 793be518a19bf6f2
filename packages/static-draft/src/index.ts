import { fileURLToPath } from 'node:url'

/** The folder of the reference target's static draft; its card lies beside the weights. */
export const staticDraftFolder = fileURLToPath(new URL('../draft', import.meta.url))
