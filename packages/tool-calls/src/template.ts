import type { CallMessage, ToolCallFormName } from '@foretoken/protocol'
import { TOOL_CALL_FORMS, type ToolCallForm } from './form.ts'
import { type ToolTeller, withToolsInText } from './generic.ts'
import { type DescribedTool, type TemplateMessage, toTemplateMessages, toTemplateTool } from './template-message.ts'

/** What a conversation is rendered from. */
export interface TemplateInput {
  readonly messages: readonly TemplateMessage[]
  readonly tools?: readonly unknown[]
}

/** A model's template: the prompt as text, or an error. */
export type Render = (messages: readonly TemplateMessage[], options: { tools?: readonly unknown[] }) => string

/** How a model's template and tools go together. */
export interface ToolTemplate {
  readonly form: ToolCallFormName
  /** Whether the template itself writes tools, calls and results; else they are written into its messages. */
  readonly native: boolean
  /** A template's input for a conversation. */
  inputOf(messages: readonly CallMessage[], tools: readonly DescribedTool[]): TemplateInput
}

/**
 * Finds out by trying: a template that writes a tool's name, a call and its result in a form that can be read back is
 * used as it is. Any other is given the tools as text, in the form of Hermes.
 */
export function readToolTemplate(render: Render): ToolTemplate {
  const form = nativeForm(render)
  if (form) {
    return {
      form,
      native: true,
      inputOf: (messages, tools) => ({
        messages: toTemplateMessages(messages),
        ...(tools.length > 0 && { tools: tools.map(toTemplateTool) }),
      }),
    }
  }
  const teller: ToolTeller = rendered(render, SYSTEM_PROBE)?.includes(MARK) ? 'system' : 'user'
  return {
    form: 'hermes',
    native: false,
    inputOf: (messages, tools) => ({ messages: withToolsInText(messages, tools, teller) }),
  }
}

const MARK = 'probe_7f3a'
const USER: CallMessage = { role: 'user', content: 'What is it?' }
const TOOL = { name: MARK, description: 'A probe.', parameters: { type: 'object', properties: {} } }
const CALL = { id: 'call00001', name: `${MARK}_called`, arguments: '{"depth":3}' }
const SYSTEM_PROBE = toTemplateMessages([{ role: 'system', content: MARK }, USER])
const CALL_PROBE = toTemplateMessages([
  USER,
  { role: 'assistant', content: '', toolCalls: [CALL] },
  { role: 'tool', content: `${MARK}_result`, toolCallId: CALL.id },
])

function nativeForm(render: Render): ToolCallFormName | null {
  const tools = [toTemplateTool(TOOL)]
  if (!rendered(render, toTemplateMessages([USER]), tools)?.includes(MARK)) return null
  const text = rendered(render, CALL_PROBE, tools)
  if (!text?.includes(`${MARK}_result`)) return null
  for (const name of FORM_NAMES) if (formPattern(TOOL_CALL_FORMS[name]).test(text)) return name
  return null
}

/** Hermes first: the form with tags would be found without them as well. */
const FORM_NAMES = ['hermes', 'llama', 'reference'] as const

function formPattern({ tags, nameKey, argumentsKey }: ToolCallForm): RegExp {
  const fields = [`"${nameKey}"\\s*:\\s*"${CALL.name}"`, `"${argumentsKey}"\\s*:\\s*\\{\\s*"depth"\\s*:\\s*3\\s*\\}`]
  const object = (keys: readonly string[]) => `\\{\\s*${keys.join('\\s*,\\s*')}\\s*\\}`
  const either = `(?:${object(fields)}|${object(fields.toReversed())})`
  return new RegExp(tags ? `${tags.open}\\s*${either}\\s*${tags.close}` : either)
}

/** Null where the template refuses or can't. */
function rendered(render: Render, messages: readonly TemplateMessage[], tools?: readonly unknown[]): string | null {
  try {
    return render(messages, tools ? { tools } : {})
  } catch {
    return null
  }
}
