import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { convertGguf, Tokenizer } from '@foretoken/model'
import { expect, onTestFinished, test } from 'vitest'
import { writeGguf } from '../benchmarks/suites/peers/gguf/model.ts'
import { llamaTokenizer, TEXTS } from './tokenize.ts'

const golden = fileURLToPath(new URL('../../packages/model/golden/llama-linear', import.meta.url))

test.each(['gpt-2', 'smollm', 'llama-bpe', 'qwen2'])('%s cuts texts where llama.cpp does', async (preTokenizer) => {
  const folder = await mkdtemp(join(tmpdir(), 'foretoken-pre-tokenizers-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'model.gguf')
  await writeGguf(golden, path, { weights: 'F32', preTokenizer })
  await convertGguf(path, folder)
  const [own, theirs] = [await Tokenizer.open(folder), await llamaTokenizer(path)]
  for (const text of TEXTS) expect([text, own.encode(text)]).toEqual([text, theirs(text)])
})
