import { fileURLToPath } from 'node:url'

/** The Hugging Face folder of the reference target; its model card is this package's README. */
export const referenceTargetFolder = fileURLToPath(new URL('../model', import.meta.url))
