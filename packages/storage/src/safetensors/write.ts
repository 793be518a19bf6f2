import { open } from 'node:fs/promises'
import { SafetensorsError } from './error.ts'
import { encodeHeader, type TensorEntry } from './header.ts'

/** A tensor whose bytes are made when its turn comes. */
export interface LazyTensor extends TensorEntry {
  read(): Promise<Uint8Array>
}

/** Writes a file with one tensor in memory at a time, in the order given. Throws SafetensorsError. */
export async function writeSafetensors(path: string, tensors: readonly LazyTensor[]): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.write(encodeHeader(tensors))
    for (const { name, bytes, read } of tensors) {
      const data = await read()
      if (data.length !== bytes) throw new SafetensorsError(name, `needs ${bytes} bytes, has ${data.length}`)
      for (let at = 0; at < data.length; ) at += (await file.write(data, at)).bytesWritten
    }
    await file.sync()
  } finally {
    await file.close()
  }
}
