import type { CallMessage } from '@foretoken/protocol'
import { Template } from '@huggingface/jinja'
import { describe, expect, it, test } from 'vitest'
import { type Render, readToolTemplate } from './template.ts'

const CHATML =
  "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"

/** As Qwen2.5 and Qwen3 have it, without what is about thinking. */
const QWEN = `{%- if tools %}
<|im_start|>system
<tools>{% for tool in tools %}{{ tool | tojson }}{% endfor %}</tools><|im_end|>
{%- endif %}
{%- for message in messages %}
{%- if message.role == 'tool' %}<|im_start|>user
<tool_response>
{{ message.content }}
</tool_response><|im_end|>
{%- else %}<|im_start|>{{ message.role }}
{{ message.content }}
{%- if message.tool_calls %}{%- for tool_call in message.tool_calls %}{%- set tool_call = tool_call.function %}
<tool_call>
{"name": "{{ tool_call.name }}", "arguments": {{ tool_call.arguments | tojson }}}
</tool_call>
{%- endfor %}{%- endif %}<|im_end|>
{%- endif %}
{%- endfor %}`

/** As Llama 3.1 and 3.2 have it: one call, and its object without tags. */
const LLAMA = `{%- if tools %}{% for t in tools %}{{ t | tojson }}{% endfor %}{%- endif %}
{%- for message in messages %}
{%- if 'tool_calls' in message %}{%- if not message.tool_calls|length == 1 %}{{- raise_exception("single tool-calls") }}{%- endif %}
{%- set tool_call = message.tool_calls[0].function %}
{"name": "{{ tool_call.name }}", "parameters": {{ tool_call.arguments | tojson }}}
{%- elif message.role == 'tool' %}ipython: {{ message.content }}
{%- else %}{{ message.role }}: {{ message.content }}
{%- endif %}
{%- endfor %}`

/** Knows tools, and writes calls as nobody here can read them. */
const STRANGE = `{% if tools %}{{ tools | tojson }}{% endif %}{% for message in messages %}
{% if message.tool_calls %}[CALL]{{ message.tool_calls[0].function.name }}{% endif %}{{ message.content }}{% endfor %}`

const renderOf =
  (source: string): Render =>
  (messages, options) =>
    new Template(source).render({ tools: null, ...options, messages })

const tools = [{ name: 'weather', description: 'Of a city', parameters: { type: 'object' } }]
const asked: CallMessage[] = [{ role: 'user', content: 'Rain in Lisbon?' }]
const call = { id: 'call_1', name: 'weather', arguments: '{"city": "Lisbon"}' }
const answered: CallMessage[] = [
  ...asked,
  { role: 'assistant', content: '', toolCalls: [call, { ...call, id: 'call_2', arguments: '{"city": "Po' }] },
  { role: 'tool', content: 'dry', toolCallId: 'call_1' },
  { role: 'tool', content: 'wet', toolCallId: 'call_2' },
]

function prompt(source: string, messages: readonly CallMessage[], given = tools): string {
  const render = renderOf(source)
  const { messages: rendered, ...options } = readToolTemplate(render).inputOf(messages, given)
  return render(rendered, options)
}

describe('a template', () => {
  it.each([
    ['that writes calls as Qwen does', QWEN, 'hermes', true],
    ['that writes calls as Llama does', LLAMA, 'llama', true],
    ['that knows nothing of tools', CHATML, 'hermes', false],
    ['whose calls nobody can read', STRANGE, 'hermes', false],
    [
      'that fails on tools',
      '{% if tools %}{{ raise_exception("no") }}{% endif %}{{ messages[0].content }}',
      'hermes',
      false,
    ],
  ])('%s is recognised', (_, source, form, native) => {
    expect(readToolTemplate(renderOf(source))).toMatchObject({ form, native })
  })

  it('that knows tools gets them, calls with their arguments as objects, and results', () => {
    const text = prompt(QWEN, answered)
    expect(text).toContain('<tools>{"type": "function", "function": {"name": "weather"')
    expect(text).toContain('{"name": "weather", "arguments": {"city": "Lisbon"}}')
    expect(text).toContain('<tool_response>\ndry\n</tool_response>')
  })

  it('that knows tools is not told of any where there are none', () => {
    expect(prompt(QWEN, asked, [])).not.toContain('<tools>')
  })
})

describe('a template that knows nothing of tools gets them as text', () => {
  it('in a system message of their own, or behind what the system says', () => {
    expect(prompt(CHATML, asked)).toMatch(/^<\|im_start\|>system\n# Tools.*"name":"weather".*<\|im_start\|>user/s)
    const system = { role: 'system', content: 'Be brief.' }
    expect(prompt(CHATML, [system, ...asked])).toMatch(/^<\|im_start\|>system\nBe brief\.\n\n# Tools/)
  })

  it('in what the user says first, where there is no place for a system message', () => {
    const noSystem =
      "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}[{{ m.role }}]{{ m.content }}{% endfor %}"
    expect(prompt(noSystem, asked)).toMatch(/^\[user\]# Tools.*Rain in Lisbon\?$/s)
  })

  it('with calls as text of the assistant, and results together as text of the user', () => {
    const [, behind] = prompt(CHATML, answered).split('Rain in Lisbon?<|im_end|>\n')
    expect(behind).toBe(
      '<|im_start|>assistant\n<tool_call>\n{"name":"weather","arguments":{"city":"Lisbon"}}\n</tool_call>\n' +
        '<tool_call>\n{"name":"weather","arguments":"{\\"city\\": \\"Po"}\n</tool_call><|im_end|>\n' +
        '<|im_start|>user\n<tool_response>\ndry\n</tool_response>\n<tool_response>\nwet\n</tool_response><|im_end|>\n',
    )
  })
})

test('a conversation without tools is rendered as it was before there were tools', () => {
  const messages = [{ role: 'system', content: 'Be brief.' }, ...asked]
  for (const source of [CHATML, QWEN]) expect(prompt(source, messages, [])).toBe(renderOf(source)(messages, {}))
})
