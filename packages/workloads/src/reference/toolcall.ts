import { templated } from '../templates.ts'
import { conversationWords } from './conversation-words.ts'
import { conversations, partsOf } from './conversations.ts'

export const toolcall = templated({
  name: 'toolcall',
  describe: 'a service’s methods and a dialogue to a call as JSON',
  templates: conversations.flatMap((conversation) => {
    const { service, methods, slots } = conversation
    const header = `Service: ${service}\nMethods: ${methods}\nSlots: ${slots}`
    return partsOf(conversation).map((part) => `${header}\n${part}\nCall:`)
  }),
  words: conversationWords,
})
