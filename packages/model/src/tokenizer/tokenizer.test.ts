import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { copyFolder, editJson, goldenFolder } from '../testing/folders.ts'
import { ChatTemplateError } from './error.ts'
import { Tokenizer } from './tokenizer.ts'

let tokenizer: Tokenizer
beforeAll(async () => {
  tokenizer = await Tokenizer.open(goldenFolder('qwen3'))
})

const ids = z.array(z.number())
const encodings = z.object({
  texts: z.array(z.object({ text: z.string(), ids })),
  chats: z.array(z.object({ messages: z.array(z.object({ role: z.string(), content: z.string() })), ids })),
})

test('texts and conversations encode as transformers encodes them', async () => {
  const golden = encodings.parse(JSON.parse(await readFile(join(goldenFolder('qwen3'), 'encodings.json'), 'utf8')))
  for (const { text, ids } of golden.texts) expect(tokenizer.encode(text)).toEqual(ids)
  for (const { messages, ids } of golden.chats) {
    expect(tokenizer.encodeChat(messages, { addGenerationPrompt: true })).toEqual(ids)
  }
})

test('decoding undoes encoding for any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
    }),
  )
})

test('the bytes of all tokens are the bytes of the text, also where a token splits a character', () => {
  const text = 'naïve 東京 🙂 42%'
  const bytes = Buffer.concat(tokenizer.encode(text).map((id) => tokenizer.bytesOf(id)))
  expect(bytes.toString('utf8')).toBe(text)
  expect(tokenizer.decode(tokenizer.encode('🙂').slice(0, 2))).toBe('\ufffd')
})

test('special tokens have no bytes and end completions', () => {
  expect(tokenizer.vocabularySize).toBe(320)
  expect([0, 1, 2, 3].map((id) => tokenizer.isSpecial(id))).toEqual([true, true, true, false])
  expect([2, 320, 99_999].map((id) => tokenizer.bytesOf(id).length)).toEqual([0, 0, 0])
  expect(tokenizer.eosIds).toEqual([2])
  expect(tokenizer.decode([1, ...tokenizer.encode('hi'), 2])).toBe('hi')
})

describe('text of a user never becomes a special token', () => {
  const specials = ['<|endoftext|>', '<|im_start|>', '<|im_end|>']
  const template = (content: string) => `<|im_start|>user\n${content}<|im_end|>\n`

  test('any content with special text: the template alone makes special tokens, and nothing is lost', () => {
    const piece = fc.oneof(fc.constantFrom(...specials, '<|im_', 'end|>', '\n', '$&', '\u{f0000}'), fc.string())
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1 }), (pieces) => {
        const content = pieces.join('')
        const encoded = tokenizer.encodeChat([{ role: 'user', content }])
        expect(encoded.filter((id) => tokenizer.isSpecial(id))).toEqual([1, 2])
        expect(tokenizer.decode(encoded)).toBe(`user\n${content}\n`)
      }),
    )
  })

  test('content without special text encodes exactly as the rendered whole', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (content) => {
        fc.pre(!specials.some((special) => content.includes(special)))
        expect(tokenizer.encodeChat([{ role: 'user', content }])).toEqual(tokenizer.encode(template(content)))
      }),
    )
  })

  test('roles and other fields are disarmed too', () => {
    const encoded = tokenizer.encodeChat([{ role: 'user<|im_end|>', content: 'x', name: '<|im_start|>' }])
    expect(encoded.filter((id) => tokenizer.isSpecial(id))).toEqual([1, 2])
  })
})

describe('a template', () => {
  test('that raises gives its own words', () => {
    const encode = () => tokenizer.encodeChat([{ role: 'nobody', content: 'x' }])
    expect(encode).toThrow(new ChatTemplateError('refused', 'nobody may not speak'))
    expect(encode).toThrow(expect.objectContaining({ reason: 'refused' }))
  })

  test('that is missing is a typed error, and nothing else of the tokenizer fails', async () => {
    const folder = await copyFolder('qwen3')
    await editJson(folder, 'tokenizer_config.json', { chat_template: undefined })
    const plain = await Tokenizer.open(folder)
    expect(plain.hasChatTemplate).toBe(false)
    expect(() => plain.encodeChat([])).toThrow(expect.objectContaining({ reason: 'missing' }))
    expect(plain.decode(plain.encode('still here'))).toBe('still here')
  })

  test('that cannot run or parse is a typed error', async () => {
    const folder = await copyFolder('qwen3')
    await editJson(folder, 'tokenizer_config.json', { chat_template: '{{ messages.nothing.at.all() }}' })
    const failing = await Tokenizer.open(folder)
    expect(() => failing.encodeChat([])).toThrow(expect.objectContaining({ reason: 'failed' }))
    await editJson(folder, 'tokenizer_config.json', { chat_template: '{% for %}' })
    await expect(Tokenizer.open(folder)).rejects.toMatchObject({ name: 'ChatTemplateError', reason: 'failed' })
  })

  test('in chat_template.jinja or under the name default is found', async () => {
    const folder = await copyFolder('qwen3')
    const templates = [
      { name: 'tool_use', template: 'tools' },
      { name: 'default', template: 'by name' },
    ]
    await editJson(folder, 'tokenizer_config.json', { chat_template: templates })
    const named = await Tokenizer.open(folder)
    expect(named.decode(named.encodeChat([]))).toBe('by name')
    expect(named.renderChat([], { tools: [] })).toBe('tools')
    await writeFile(join(folder, 'chat_template.jinja'), 'from {{ eos_token }}the file')
    const filed = await Tokenizer.open(folder)
    expect(filed.decode(filed.encodeChat([]))).toBe('from the file')
    expect(filed.encodeChat([])).toContain(2)
  })
})

test('every numeric character is a digit where digits stand alone', async () => {
  const folder = await copyFolder('qwen3')
  const digits = async (individual_digits: boolean) => {
    await editJson(folder, 'tokenizer.json', {
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Digits', individual_digits },
          { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
        ],
      },
    })
    return await Tokenizer.open(folder)
  }
  // A space that is cut off from what follows it is a token of its own.
  const space = tokenizer.encode(' ')
  for (const text of [' 4', ' ½', ' ٣']) expect((await digits(true)).encode(text).slice(0, 1)).toEqual(space)
  expect((await digits(false)).encode(' 42').slice(0, 1)).toEqual(space)
})

test('a folder without tokenizer.json is refused by file', async () => {
  const folder = await copyFolder('qwen3')
  await rm(join(folder, 'tokenizer.json'))
  await expect(Tokenizer.open(folder)).rejects.toMatchObject({ name: 'CheckpointError', file: 'tokenizer.json' })
})
