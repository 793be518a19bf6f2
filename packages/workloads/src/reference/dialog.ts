import { serviceDesk } from '../reference-words/service.ts'
import { templated } from '../templates.ts'
import { conversationWords } from './conversation-words.ts'
import { conversations, partsOf } from './conversations.ts'

export const dialog = templated({
  name: 'dialog',
  describe: 'a service dialogue so far to the next turn',
  templates: [
    ...conversations.flatMap((conversation) => partsOf(conversation).map((part) => `${part}\nAssistant:`)),
    ...serviceDesk.templates,
  ],
  words: { ...serviceDesk.words, ...conversationWords },
})
