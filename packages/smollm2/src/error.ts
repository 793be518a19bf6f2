import { FILE } from './source.ts'

/** The model can't be had; `message` says why, and what to do. */
export class SmolLM2Error extends Error {
  override readonly name = 'SmolLM2Error'

  constructor(reason: string, cacheFolder: string) {
    super(`SmolLM2 can't be fetched: ${reason} Or put ${FILE} into ${cacheFolder} by hand.`)
  }
}
