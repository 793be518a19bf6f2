/** How a text is cut into pieces before bytes are merged, as tokenizer.json has it, and what llama.cpp ties to it. */
export interface PreTokenizer {
  readonly json: object
  /** A piece that is a token is taken whole, without merging; and each text begins with the token that begins texts. */
  readonly llama3?: true
}

const byteLevel = (useRegex: boolean) => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: useRegex,
})
const split = (pattern: string) => ({
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
    byteLevel(false),
  ],
})
const words = (digits: string) =>
  `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`

const llama3: PreTokenizer = { json: split(words('\\p{N}{1,3}')), llama3: true }

/** By the name that `tokenizer.ggml.pre` gives them (llama.cpp's llama-vocab.cpp). */
export const PRE_TOKENIZERS: ReadonlyMap<string, PreTokenizer> = new Map([
  ['gpt-2', { json: byteLevel(true) }],
  [
    'smollm',
    { json: { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel(true)] } },
  ],
  ['llama-bpe', llama3],
  ['llama3', llama3],
  ['qwen2', { json: split(words('\\p{N}')) }],
])

export const BYTE_LEVEL_DECODER = { ...byteLevel(true), add_prefix_space: true }
