import type { ChatRequest, GenerateCall } from '@foretoken/protocol'

type Message = Extract<GenerateCall['input'], { kind: 'chat' }>['messages'][number]

/** `developer` is OpenAI's later name for `system`; chat templates know only the older one. */
export function toMessage({ role, content, name }: ChatRequest['messages'][number]): Message {
  return { role: role === 'developer' ? 'system' : role, content, ...(name !== undefined && { name }) }
}
