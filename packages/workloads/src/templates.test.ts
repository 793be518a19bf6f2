import { expect, it } from 'vitest'
import { templated } from './templates.ts'

function all(templates: readonly string[], words: Record<string, readonly string[]>, count: number): string[] {
  const prompts = templated({ name: 'a', describe: '', templates, words }).prompts(1)
  return Array.from({ length: count }, () => prompts.next().value.at(-1)?.content ?? '')
}

it('a blank has the same word wherever it repeats, and its numbered sisters never the same', () => {
  expect(all(['{x} {x} {y} {x2}'], { x: ['1', '2'], y: ['a'] }, 2).sort()).toEqual(['1 1 a 2', '2 2 a 1'])
})

it('choices and words with blanks of their own are followed to the end', () => {
  expect(all(['(to|from) {place}'], { place: ['the (old|old) {x}'], x: ['bank'] }, 2).sort()).toEqual([
    'from the old bank',
    'to the old bank',
  ])
})

it('a choice of nothing leaves no space behind', () => {
  expect(all(['go (|) {x}(|).'], { x: ['home'] }, 1)).toEqual(['go home.'])
})

it('an article fits the word that follows', () => {
  expect(all(['A {x} and a {y}'], { x: ['ox'], y: ['cow'] }, 1)).toEqual(['An ox and a cow'])
})

it('prompts end with an error, not with one that was sent before', () => {
  expect(() => all(['to {x}'], { x: ['b', 'c'] }, 3)).toThrow('a has nothing new to ask after 2 prompts')
})

it('a blank without words is an error', () => {
  expect(() => all(['{x}'], {}, 1)).toThrow('no word for {x}')
})
