import { templated } from '../templates.ts'
import { common } from '../words/common.ts'
import { lines } from '../words/lists.ts'
import { notices } from '../words/notices.ts'
import { passages } from '../words/passages.ts'

const asks = lines(`
  Summarise the following text in one sentence.
  (Summarise|Sum up) this paragraph in (two|three) sentences.
  Give me the main points of this text as a short bullet list.
  What is this text about? Answer in (one or two sentences|fewer than 30 words).
  Shorten this paragraph to half its length.
  Write a headline for the following (article|news item).
  Summarise this for (a busy reader|a ten-year-old|somebody who has no background knowledge).
  TL;DR of the following text, please.
  Write a one-sentence summary and a title.
`)

const texts = [...passages, ...notices.map(({ text }) => text)]

export const summarising = templated({
  name: 'summarising',
  describe: 'a paragraph in fewer words',
  templates: texts.flatMap((text) => [`{ask}\n\n${text}`, `${text}\n\n{ask}`]),
  words: { ...common, ask: asks },
})
