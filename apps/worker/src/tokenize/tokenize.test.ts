import { Tokenizer } from '@foretoken/model'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { readToolTemplate } from '@foretoken/tool-calls'
import { beforeAll, describe, expect, it } from 'vitest'
import type { TokenReader } from '../generate/request.ts'
import { detokenize, tokenize } from './tokenize.ts'

let reader: TokenReader
beforeAll(async () => {
  const tokenizer = await Tokenizer.open(referenceTargetFolder)
  reader = { model: { tokenizer }, tools: readToolTemplate((...chat) => tokenizer.renderChat(...chat)) }
})

describe('a conversation', () => {
  const messages = [{ role: 'user', content: 'List naïve 👍 names.' }]
  const tokensOf = (addGenerationPrompt: boolean) =>
    tokenize({ model: 'm', input: { kind: 'chat', messages, addGenerationPrompt } }, reader).tokens

  it('is written out with its special tokens, so that the text is the same tokens again', () => {
    const tokens = tokensOf(true)
    const { text } = detokenize({ model: 'm', tokens }, reader.model)
    expect(text).toContain('List naïve 👍 names.')
    const again = tokenize({ model: 'm', input: { kind: 'text', text, addSpecialTokens: false } }, reader)
    expect(again.tokens).toEqual(tokens)
    expect(again.spellings.join('')).not.toBe('')
  })

  it('ends where the answer begins, or before', () => {
    const [whole, bare] = [tokensOf(true), tokensOf(false)]
    expect(whole.slice(0, bare.length)).toEqual(bare)
    expect(whole.length).toBeGreaterThan(bare.length)
  })
  it('is told of its tools, as generation tells the model', () => {
    const functions = [{ name: 'list_names', description: 'Lists them.', strict: false, param: 'tools' }]
    const tools = { functions, required: false, parallel: true }
    const input = { kind: 'chat' as const, messages, tools, addGenerationPrompt: true }
    const { tokens } = tokenize({ model: 'm', input }, reader)
    expect(detokenize({ model: 'm', tokens }, reader.model).text).toContain('list_names')
    expect(detokenize({ model: 'm', tokens: tokensOf(true) }, reader.model).text).not.toContain('list_names')
  })
})
