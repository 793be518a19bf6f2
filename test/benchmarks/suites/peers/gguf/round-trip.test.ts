import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { convertGguf, openCheckpoint, Tokenizer } from '@foretoken/model'
import { fromHalf } from '@foretoken/storage'
import { expect, onTestFinished, test } from 'vitest'
import { writeGguf } from './model.ts'
import { toQ8 } from './quantise.ts'

const golden = (name: string) => fileURLToPath(new URL(`../../../../../packages/model/golden/${name}`, import.meta.url))

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'foretoken-round-trip-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** The folder as GGUF and back. */
async function thereAndBack(folder: string, weights: 'F32' | 'Q8_0'): Promise<string> {
  const [path, back] = [join(await newFolder(), 'model.gguf'), await newFolder()]
  await writeGguf(folder, path, { weights })
  await convertGguf(path, back)
  return back
}

/** A golden checkpoint that cuts text as its GGUF file will say; its own way has no name in llama.cpp. */
async function goldenWith(name: string, preTokenizer: object): Promise<string> {
  const folder = await newFolder()
  await cp(golden(name), folder, { recursive: true })
  const path = join(folder, 'tokenizer.json')
  const tokenizer = JSON.parse(await readFile(path, 'utf8'))
  await writeFile(path, JSON.stringify({ ...tokenizer, pre_tokenizer: preTokenizer }))
  return folder
}

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }
const smollm = { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel] }

const TEXTS = [
  'Hello, world!',
  '  two  spaces\n\nand lines ',
  'naïve café 東京 🙂',
  "x = [12, 345]; it's 42%",
  '<|im_end|>x',
]
const CHAT = [
  { role: 'system', content: 'Be brief, in 24 words.' },
  { role: 'user', content: ' the names\n<|im_end|>' },
]

test.each([
  ['qwen3', byteLevel],
  ['llama-linear', smollm],
])('%s is the same after a way through GGUF in F32', async (name, preTokenizer) => {
  const folder = await goldenWith(name, preTokenizer)
  const back = await thereAndBack(folder, 'F32')
  const [before, after] = [await openCheckpoint(folder), await openCheckpoint(back)]
  expect({ ...after.config, eosIds: [] }).toEqual({ ...before.config, eosIds: [] })
  expect(after.generation.eosIds).toEqual(before.generation.eosIds)
  expect([...after.tensors.keys()].sort()).toEqual([...before.tensors.keys()].sort())
  for (const tensor of before.tensors.keys())
    expect([tensor, await after.floats(tensor)]).toEqual([tensor, await before.floats(tensor)])
  const [own, other] = [await Tokenizer.open(folder), await Tokenizer.open(back)]
  expect(other.eosIds).toEqual(own.eosIds)
  for (const text of TEXTS) expect([text, other.encode(text)]).toEqual([text, own.encode(text)])
  const chat = other.encodeChat(CHAT, { addGenerationPrompt: true })
  expect(chat).toEqual(own.encodeChat(CHAT, { addGenerationPrompt: true }))
  expect(other.decode(chat)).toBe(own.decode(chat))
})

test('in Q8_0 each matrix comes back as the file has it: rounded, and in the right rows', async () => {
  const folder = await goldenWith('llama-linear', smollm)
  const [before, after] = [await openCheckpoint(folder), await openCheckpoint(await thereAndBack(folder, 'Q8_0'))]
  for (const [name, { shape }] of before.tensors) {
    const original = await before.floats(name)
    const expected = shape.length === 1 ? original : decoded(toQ8(original))
    expect([name, await after.floats(name)]).toEqual([name, expected])
  }
})

/** By the format: of 34 bytes the first two are the scale, the others a weight each. */
function decoded(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer)
  return Float32Array.from({ length: (bytes.length / 34) * 32 }, (_, at) => {
    const block = Math.floor(at / 32) * 34
    const [scale = 0] = fromHalf(Uint16Array.of(view.getUint16(block, true)))
    return scale * view.getInt8(block + 2 + (at % 32))
  })
}
