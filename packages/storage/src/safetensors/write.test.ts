import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { decodeSafetensors } from './codec.ts'
import type { LazyTensor } from './write.ts'
import { writeSafetensors } from './write.ts'

async function newFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'foretoken-safetensors-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return join(folder, 'model.safetensors')
}

const bytesOf = (name: string, shape: readonly number[], ...parts: readonly number[][]): LazyTensor => ({
  name,
  dtype: 'U8',
  shape,
  bytes: shape.reduce((product, size) => product * size, 1),
  async *pieces() {
    for (const part of parts) yield Uint8Array.from(part)
  },
})

test('pieces join to the tensors that the header describes', async () => {
  const path = await newFile()
  await writeSafetensors(path, [bytesOf('b', [2, 2], [1, 2, 3], [4]), bytesOf('a', [0]), bytesOf('c', [1], [], [5])])
  const { tensors } = decodeSafetensors(await readFile(path))
  expect([...tensors].map(([name, { shape, data }]) => [name, shape, [...data]])).toEqual([
    ['b', [2, 2], [1, 2, 3, 4]],
    ['a', [0], []],
    ['c', [1], [5]],
  ])
})

test('pieces that make no whole tensor are refused, and no file is ever replaced', async () => {
  const path = await newFile()
  await expect(writeSafetensors(path, [bytesOf('a', [3], [1, 2])])).rejects.toThrow('a: needs 3 bytes, has 2')
  await expect(writeSafetensors(path, [bytesOf('a', [1], [1])])).rejects.toThrow('EEXIST')
})
