import { open } from 'node:fs/promises'
import { SafetensorsError } from './error.ts'
import { encodeHeader, type TensorEntry } from './header.ts'

/** A tensor whose bytes are made when their turn comes, a piece at a time. */
export interface LazyTensor extends TensorEntry {
  pieces(): AsyncIterable<Uint8Array>
}

/** Writes a new file with one piece of one tensor in memory at a time, in the order given. Throws SafetensorsError. */
export async function writeSafetensors(path: string, tensors: readonly LazyTensor[]): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(encodeHeader(tensors))
    for (const { name, bytes, pieces } of tensors) {
      let written = 0
      for await (const piece of pieces()) {
        await file.writeFile(piece) // where the last one ended
        written += piece.length
      }
      if (written !== bytes) throw new SafetensorsError(name, `needs ${bytes} bytes, has ${written}`)
    }
    await file.sync()
  } finally {
    await file.close()
  }
}
