import type { CallMessage, ChatMessage, GenerateCall } from '@foretoken/protocol'
import type { ToolUse } from '../../tools/use.ts'

type ChatInput = Extract<GenerateCall['input'], { kind: 'chat' }>

/** A conversation as workers read it. */
export function chatInput(messages: readonly ChatMessage[], use: ToolUse | null): ChatInput {
  return { kind: 'chat', messages: messages.map(toCallMessage), ...(use && { tools: use.tools }) }
}

/** `developer` is OpenAI's later name for `system`; chat templates know only the older one. */
function toCallMessage({ role, content, name, tool_calls: calls, tool_call_id: id }: ChatMessage): CallMessage {
  return {
    role: role === 'developer' ? 'system' : role,
    content: content ?? '',
    ...(name !== undefined && { name }),
    ...(calls.length > 0 && { toolCalls: calls.map((call) => ({ id: call.id, ...call.function })) }),
    ...(id !== undefined && { toolCallId: id }),
  }
}
