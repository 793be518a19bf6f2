import { Tokenizer } from '@foretoken/model'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { beforeAll, describe, expect, it } from 'vitest'
import { detokenize, tokenize } from './tokenize.ts'

let model: { tokenizer: Tokenizer }
beforeAll(async () => {
  model = { tokenizer: await Tokenizer.open(referenceTargetFolder) }
})

describe('a conversation', () => {
  const messages = [{ role: 'user', content: 'List naïve 👍 names.' }]
  const tokensOf = (addGenerationPrompt: boolean) =>
    tokenize({ model: 'm', input: { kind: 'chat', messages, addGenerationPrompt } }, model).tokens

  it('is written out with its special tokens, so that the text is the same tokens again', () => {
    const tokens = tokensOf(true)
    const { text } = detokenize({ model: 'm', tokens }, model)
    expect(text).toContain('List naïve 👍 names.')
    const again = tokenize({ model: 'm', input: { kind: 'text', text, addSpecialTokens: false } }, model)
    expect(again.tokens).toEqual(tokens)
    expect(again.spellings.join('')).not.toBe('')
  })

  it('ends where the answer begins, or before', () => {
    const [whole, bare] = [tokensOf(true), tokensOf(false)]
    expect(whole.slice(0, bare.length)).toEqual(bare)
    expect(whole.length).toBeGreaterThan(bare.length)
  })
})
