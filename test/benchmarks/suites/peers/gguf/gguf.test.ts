import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCheckpoint } from '@foretoken/model'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { fromHalf } from '@foretoken/storage'
import fc from 'fast-check'
import { GgmlType, type GgufFileInfo, readGgufFileInfo } from 'node-llama-cpp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeGguf } from './model.ts'
import { toQ8 } from './quantise.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foretoken-gguf-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** As another reader of the format sees it. */
async function written(weights: 'F32' | 'Q8_0', layers?: number): Promise<{ path: string; info: GgufFileInfo }> {
  const path = join(folder, `${weights}-${layers ?? 'all'}.gguf`)
  await writeGguf(referenceTargetFolder, path, { weights, ...(layers ? { layers } : {}) })
  return { path, info: await readGgufFileInfo(path, { sourceType: 'filesystem', logWarnings: false }) }
}

describe('a GGUF file of the reference target', () => {
  it('says of the model what config.json and tokenizer.json say', async () => {
    const { config } = await openCheckpoint(referenceTargetFolder)
    const { metadata } = (await written('F32')).info
    expect(metadata.general.architecture).toBe('qwen3')
    expect(metadata).toMatchObject({
      qwen3: {
        block_count: config.layers,
        context_length: config.positionsMax,
        embedding_length: config.hiddenSize,
        feed_forward_length: config.feedForwardSize,
        attention: { head_count: config.heads, head_count_kv: config.keyValueHeads, key_length: config.headDim },
        rope: { freq_base: config.rope.theta },
      },
      tokenizer: { ggml: { eos_token_id: config.eosIds[0] } },
    })
    const { tokens } = metadata.tokenizer.ggml
    expect([tokens.length, tokens[0], tokens[2]]).toEqual([config.vocabularySize, '<|endoftext|>', '<|im_end|>'])
  })

  it('holds every weight bit for bit in fp32, where the file says it lies', async () => {
    const checkpoint = await openCheckpoint(referenceTargetFolder)
    const { path, info } = await written('F32')
    const bytes = await readFile(path)
    const tensors = info.fullTensorInfo ?? []
    expect(tensors).toHaveLength(checkpoint.tensors.size)
    for (const [name, source] of [
      ['token_embd.weight', checkpoint.architecture.embedding],
      ['blk.5.ffn_down.weight', 'model.layers.5.mlp.down_proj.weight'],
      ['blk.0.attn_k_norm.weight', 'model.layers.0.self_attn.k_norm.weight'],
    ] as const) {
      const tensor = tensors.find((each) => each.name === name)
      const values = await checkpoint.floats(source)
      const start = Number(tensor?.fileOffset)
      expect(start % 32).toBe(0)
      expect(tensor?.dimensions.map(Number)).toEqual(checkpoint.tensors.get(source)?.shape.toReversed())
      expect(bytes.subarray(start, start + values.byteLength).equals(Buffer.from(values.buffer))).toBe(true)
    }
  })

  it('quantises matrices and leaves norms, and keeps the first layers alone when it is told to', async () => {
    const tensors = (await written('Q8_0', 2)).info.fullTensorInfo ?? []
    const type = (name: string) => tensors.find((each) => each.name === name)?.ggmlType
    expect([type('blk.1.attn_q.weight'), type('blk.1.attn_norm.weight')]).toEqual([GgmlType.Q8_0, GgmlType.F32])
    expect(tensors.some(({ name }) => name.startsWith('blk.2.'))).toBe(false)
  })
})

describe('Q8_0', () => {
  it('comes within half a step of every weight, and of the scale’s rounding', () => {
    const blocks = fc
      .array(fc.float({ noNaN: true, min: -8, max: 8 }), { minLength: 32, maxLength: 128 })
      .map((values) => Float32Array.from(values.slice(0, values.length - (values.length % 32))))
    fc.assert(
      fc.property(blocks, (weights) => {
        const view = new DataView(toQ8(weights).buffer)
        expect(view.byteLength).toBe((weights.length / 32) * 34)
        for (const [at, weight] of weights.entries()) {
          const block = Math.floor(at / 32) * 34
          const [scale] = fromHalf(Uint16Array.of(view.getUint16(block, true)))
          const most = Math.max(...weights.subarray(at - (at % 32), at - (at % 32) + 32).map(Math.abs))
          const read = (scale ?? 0) * view.getInt8(block + 2 + (at % 32))
          // Half precision keeps 11 bits of the scale, and none of one that is smaller than its smallest number.
          expect(Math.abs(read - weight)).toBeLessThanOrEqual(most / 254 + most / 2 ** 11 + 127 * 2 ** -25)
        }
      }),
    )
  })
})
