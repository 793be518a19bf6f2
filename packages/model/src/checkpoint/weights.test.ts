import { readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { copyFolder, editJson } from '../testing/folders.ts'
import { openCheckpoint } from './checkpoint.ts'

const file = 'model.safetensors'
const norm = 'model.norm.weight'

type Header = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>
const headerSchema: z.ZodType<Header> = z.record(
  z.string(),
  z.object({ dtype: z.string(), shape: z.array(z.number()), data_offsets: z.tuple([z.number(), z.number()]) }),
)

/** A copy of the qwen3 folder whose safetensors header went through `change`. */
async function withHeader(change: (header: Header) => void, tail = new Uint8Array()): Promise<string> {
  const folder = await copyFolder('qwen3')
  const bytes = await readFile(join(folder, file))
  const length = Number(bytes.readBigUInt64LE())
  const { __metadata__, ...stored } = JSON.parse(bytes.toString('utf8', 8, 8 + length))
  const header = headerSchema.parse(stored)
  change(header)
  const text = Buffer.from(JSON.stringify({ __metadata__, ...header }))
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(BigInt(text.length))
  await writeFile(join(folder, file), Buffer.concat([prefix, text, bytes.subarray(8 + length), tail]))
  return folder
}

const entryOf = (header: Header, name: string) => {
  const entry = header[name]
  if (!entry) throw new Error(`the golden file has no ${name}`)
  return entry
}

const refusal = async (folder: string): Promise<string> =>
  openCheckpoint(folder).then(
    () => 'accepted',
    (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
  )

test('an untouched header is accepted', async () => {
  expect(await refusal(await withHeader(() => {}))).toBe('accepted')
})

test.each<[string, (header: Header) => void]>([
  [
    `${file}: ${norm}: F16 [65] needs 130 bytes, has 128`,
    (header) => {
      entryOf(header, norm).shape = [65]
    },
  ],
  [
    `${file}: ${norm}: is [32, 2], expected [64]`,
    (header) => {
      entryOf(header, norm).shape = [32, 2]
    },
  ],
  [
    `${file}: ${norm}: dtype "I8" weights are not supported`,
    (header) => {
      entryOf(header, norm).dtype = 'I8'
    },
  ],
  [
    `${file}: model.extra.weight: is not part of Qwen3ForCausalLM`,
    (header) => {
      const { data_offsets } = entryOf(header, norm)
      header['model.extra.weight'] = { dtype: 'F16', shape: [0], data_offsets: [data_offsets[1], data_offsets[1]] }
    },
  ],
])('%s', async (message, change) => {
  expect(await refusal(await withHeader(change))).toBe(`CheckpointError: ${message}`)
})

test('tensors that overlap or leave a gap are refused', async () => {
  const shift = (by: number) =>
    withHeader((header) => {
      const { data_offsets } = entryOf(header, norm)
      entryOf(header, norm).data_offsets = [data_offsets[0] + by, data_offsets[1] + by]
    })
  expect(await refusal(await shift(-2))).toMatch(
    /^CheckpointError: model.safetensors: .*overlaps the tensor before it$/,
  )
  expect(await refusal(await shift(2))).toMatch(/unused bytes before it|overlaps|is truncated/)
})

test('a missing tensor is refused by name', async () => {
  const folder = await withHeader((header) => {
    header['model.other.weight'] = entryOf(header, norm)
    delete header[norm]
  })
  expect(await refusal(folder)).toBe(`CheckpointError: ${file}: ${norm}: is missing`)
})

test('a truncated, lengthened, missing or foreign file is refused', async () => {
  const folder = await copyFolder('qwen3')
  const size = (await readFile(join(folder, file))).length
  await truncate(join(folder, file), size - 10)
  expect(await refusal(folder)).toBe(`CheckpointError: ${file}: is truncated: ${size - 10} of ${size} bytes`)
  await truncate(join(folder, file), 100)
  expect(await refusal(folder)).toMatch(/is truncated: ends \d+ bytes too early/)
  await writeFile(join(folder, file), 'PK\u0003\u0004 not safetensors at all')
  expect(await refusal(folder)).toMatch(/header of \d+ bytes/)
  await rm(join(folder, file))
  expect(await refusal(folder)).toBe(`CheckpointError: ${file}: is missing`)
  expect(await refusal(await withHeader(() => {}, new Uint8Array(3)))).toMatch(/has 3 bytes after the last tensor/)
})

test('a shard that is missing, misnamed or outside the folder is refused', async () => {
  const index = 'model.safetensors.index.json'
  const read = async (folder: string) =>
    z
      .object({ weight_map: z.record(z.string(), z.string()) })
      .parse(JSON.parse(await readFile(join(folder, index), 'utf8')))
  const folder = await copyFolder('llama3')
  const { weight_map } = await read(folder)
  expect(await refusal(folder)).toBe('accepted')
  await editJson(folder, index, { weight_map: { ...weight_map, [norm]: 'model-00001-of-00002.safetensors' } })
  expect(await refusal(folder)).toBe(`CheckpointError: ${index}: ${norm}: is not in model-00001-of-00002.safetensors`)
  await editJson(folder, index, { weight_map: { ...weight_map, [norm]: '../elsewhere.safetensors' } })
  expect(await refusal(folder)).toBe(
    `CheckpointError: ${index}: weight_map: "../elsewhere.safetensors" is not a file name`,
  )
  const { [norm]: _, ...rest } = weight_map
  await editJson(folder, index, { weight_map: rest })
  expect(await refusal(folder)).toMatch(/model.norm.weight: is not listed in model.safetensors.index.json$/)
  await editJson(folder, index, { weight_map })
  await rm(join(folder, 'model-00002-of-00002.safetensors'))
  expect(await refusal(folder)).toBe('CheckpointError: model-00002-of-00002.safetensors: is missing')
})

test('a file that is not JSON is refused by name', async () => {
  const folder = await copyFolder('qwen3')
  await writeFile(join(folder, 'config.json'), '{"vocab_size": 320,')
  expect(await refusal(folder)).toMatch(/^CheckpointError: config.json: is not JSON/)
})
