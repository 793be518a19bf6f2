import { templated } from '../templates.ts'
import { common } from '../words/common.ts'
import { notices } from '../words/notices.ts'
import { passages } from '../words/passages.ts'

const asks = [
  'Extract {QUESTION} from the text below.\n\n{TEXT}',
  '{TEXT}\n\nFrom this text, extract {QUESTION}.',
  'Read the text and give me {QUESTION} and {QUESTION2}.\n\nText: {TEXT}',
  '(Find|Name) {QUESTION} in the following text, in (one line|a few words|the form "key: value").\n\n{TEXT}',
  'Text: "{TEXT}"\n\nList {QUESTION} and {QUESTION2} as JSON.',
  '{TEXT}\n\nMake a (bullet list|table) of the most important facts in this text.',
  'What does the following text say about {QUESTION}? Quote only the relevant words.\n\n{TEXT}',
  'List all (names|numbers|places) in this text:\n{TEXT}',
]

export const extraction = templated({
  name: 'extraction',
  describe: 'facts from a short text',
  templates: [
    ...notices.flatMap(({ text, questions }, at) =>
      questions.map((question, number) =>
        (asks[(at + number) % asks.length] ?? '')
          .replace('{TEXT}', text)
          .replace('{QUESTION}', question)
          .replace('{QUESTION2}', questions[(number + 1) % questions.length] ?? ''),
      ),
    ),
    ...passages.map((text) => `List the (names|places|people|numbers) that are mentioned in this text:\n\n${text}`),
  ],
  words: common,
})
