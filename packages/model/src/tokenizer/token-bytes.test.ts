import { expect, test } from 'vitest'
import type { TokenizerFiles } from './files.ts'
import { tokenBytes } from './token-bytes.ts'

const files = (decoder: TokenizerFiles['tokenizer']['decoder'], vocab: Record<string, number>): TokenizerFiles => ({
  tokenizer: {
    decoder,
    model: { vocab },
    added_tokens: [
      { id: 4, content: '</s>', special: true },
      { id: 6, content: '<think>', special: false },
    ],
  },
  config: {},
  chatTemplate: undefined,
})
const text = (bytes: Uint8Array[]) => bytes.map((part) => Buffer.from(part).toString('latin1'))

test('byte-level tokens are bytes', () => {
  const vocab = { Hi: 0, Ġa: 1, 'Ã©': 2, Ċ: 3 }
  expect(text(tokenBytes(files({ type: 'ByteLevel' }, vocab)))).toEqual(['Hi', ' a', 'Ã©', '\n', '', '', '<think>'])
})

test('byte-fallback tokens are UTF-8 with ▁ for a space, or one byte', () => {
  const decoder = { type: 'Sequence', decoders: [{ type: 'Replace' }, { type: 'ByteFallback' }, { type: 'Fuse' }] }
  const vocab = { '▁Hi▁': 0, '<0x0A>': 1, é: 2, '<0xFF>': 3 }
  expect(text(tokenBytes(files(decoder, vocab)))).toEqual([' Hi ', '\n', 'Ã©', 'ÿ', '', '', '<think>'])
})

test('another decoder, or a token outside the byte alphabet, is refused by name', () => {
  expect(() => tokenBytes(files({ type: 'WordPiece' }, {}))).toThrow('decoder WordPiece is not byte-level')
  expect(() => tokenBytes(files(null, {}))).toThrow('decoder none')
  expect(() => tokenBytes(files({ type: 'ByteLevel' }, { 東: 0 }))).toThrow('token "東" is not byte-level')
})
