import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const TEXT = ['config.json', 'tokenizer.json']
const SAMPLES = 16
const SAMPLE_BYTES = 4_096

/**
 * Tells one target from another by what its hidden states and tokens depend on, in hex: configuration, tokenizer and
 * weights. Of each weight file the header and evenly spread samples count, not all of it: training changes all of a
 * tensor, and a large model would take minutes to read. Not proof against forgery.
 */
export async function targetFingerprint(folder: string): Promise<string> {
  const hash = createHash('sha256')
  for (const name of TEXT) hash.update(name).update(await readFile(join(folder, name)))
  const weights = (await readdir(folder)).filter((name) => name.endsWith('.safetensors')).sort()
  for (const name of weights) {
    const file = await open(join(folder, name))
    try {
      hash.update(name)
      await addWeights(hash, file)
    } finally {
      await file.close()
    }
  }
  return hash.digest('hex')
}

/** Tells one file of weights from another, as `targetFingerprint` does and as quickly. */
export async function fileFingerprint(path: string): Promise<string> {
  const hash = createHash('sha256')
  const file = await open(path)
  try {
    await addWeights(hash, file)
  } finally {
    await file.close()
  }
  return hash.digest('hex')
}

async function addWeights(hash: Hash, file: FileHandle): Promise<void> {
  const { size } = await file.stat()
  hash.update(String(size))
  // The header is at the front; a file of another layout has another size or front.
  const step = Math.max(SAMPLE_BYTES, Math.floor(size / SAMPLES))
  const sample = Buffer.alloc(SAMPLE_BYTES)
  for (let at = 0; at < size; at += step) {
    const { bytesRead } = await file.read(sample, 0, SAMPLE_BYTES, at)
    hash.update(sample.subarray(0, bytesRead))
  }
}
