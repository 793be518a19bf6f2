import type { CallMessage } from '@foretoken/protocol'
import { argumentsOf, type DescribedTool, type TemplateMessage, toTemplateTool } from './template-message.ts'

/** Who tells the model of tools that its template does not know: a system message, or the user where there is none. */
export type ToolTeller = 'system' | 'user'

/**
 * A conversation for templates that know nothing of tools, in the words and tags of Hermes and Qwen: what most open
 * models were shown. Calls become text of the assistant, results text of the user.
 */
export function withToolsInText(
  messages: readonly CallMessage[],
  tools: readonly DescribedTool[],
  teller: ToolTeller,
): TemplateMessage[] {
  const plain = messages.flatMap((message, at) => {
    if (message.role !== 'tool') return [toText(message)]
    return messages[at - 1]?.role === 'tool' ? [] : [toResults(messages.slice(at))]
  })
  if (tools.length === 0) return plain
  const at = plain.findIndex(({ role }) => role === teller)
  const told = plain[at]
  if (!told) return [{ role: teller, content: toolsText(tools) }, ...plain]
  const parts = teller === 'system' ? [told.content, toolsText(tools)] : [toolsText(tools), told.content]
  return plain.with(at, { ...told, content: parts.filter((part) => part !== '').join('\n\n') })
}

function toText({ role, content, name, toolCalls = [] }: CallMessage): TemplateMessage {
  const calls = toolCalls.map((call) => {
    const object = JSON.stringify({ name: call.name, arguments: argumentsOf(call) })
    return `<tool_call>\n${object}\n</tool_call>`
  })
  const text = [content, ...calls].filter((part) => part !== '').join('\n')
  return { role, content: text, ...(name !== undefined && { name }) }
}

/** Results that come together are one message: many templates want user and assistant to take turns. */
function toResults(messages: readonly CallMessage[]): TemplateMessage {
  const end = messages.findIndex(({ role }) => role !== 'tool')
  const results = end < 0 ? messages : messages.slice(0, end)
  const texts = results.map(({ content }) => `<tool_response>\n${content}\n</tool_response>`)
  return { role: 'user', content: texts.join('\n') }
}

function toolsText(tools: readonly DescribedTool[]): string {
  return `# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>
${tools.map((tool) => JSON.stringify(toTemplateTool(tool))).join('\n')}
</tools>

For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:
<tool_call>
{"name": <function-name>, "arguments": <args-json-object>}
</tool_call>`
}
