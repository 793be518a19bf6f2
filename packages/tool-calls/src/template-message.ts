import type { CallMessage, ToolCall, ToolFunction } from '@foretoken/protocol'

/** A message as Hugging Face's chat templates read it. */
export interface TemplateMessage {
  readonly role: string
  readonly content: string
  readonly [field: string]: unknown
}

/** What a model is told of a function. */
export type DescribedTool = Pick<ToolFunction, 'name' | 'description' | 'parameters'>

export function toTemplateMessages(messages: readonly CallMessage[]): TemplateMessage[] {
  const names = new Map(messages.flatMap(({ toolCalls = [] }) => toolCalls.map(({ id, name }) => [id, name])))
  return messages.map(({ role, content, name, toolCalls, toolCallId }) => {
    const calledName = toolCallId === undefined ? undefined : names.get(toolCallId)
    return {
      role,
      content,
      ...(name === undefined ? calledName && { name: calledName } : { name }),
      ...(toolCalls && { tool_calls: toolCalls.map(toTemplateCall) }),
      ...(toolCallId !== undefined && { tool_call_id: toolCallId }),
    }
  })
}

/** A tool as templates write it out, which is as OpenAI's API has it. */
export function toTemplateTool({ name, description, parameters }: DescribedTool) {
  const described = { name, ...(description !== undefined && { description }) }
  return { type: 'function', function: { ...described, parameters: parameters ?? { type: 'object', properties: {} } } }
}

function toTemplateCall(call: ToolCall) {
  return { id: call.id, type: 'function', function: { name: call.name, arguments: argumentsOf(call) } }
}

/** Templates turn objects to JSON themselves. Arguments that are none, because they were cut short, stay text. */
export function argumentsOf(call: ToolCall): unknown {
  try {
    return call.arguments.trim() === '' ? {} : JSON.parse(call.arguments)
  } catch {
    return call.arguments
  }
}
