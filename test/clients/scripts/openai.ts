import OpenAI from 'openai'
import {
  ANSWER,
  API_KEY,
  BASE_URL,
  DESCRIPTION,
  MODEL,
  PARAMETERS,
  QUESTION,
  RESULT,
  report,
  STRUCTURED,
  TOOL,
} from './question.ts'

const client = new OpenAI({ baseURL: BASE_URL, apiKey: API_KEY, maxRetries: 0 })
const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: QUESTION }]
const asked = { model: MODEL, messages, temperature: 0, max_completion_tokens: 100 }
const tool = { name: TOOL, description: DESCRIPTION, parameters: PARAMETERS, strict: true }
const tools: OpenAI.ChatCompletionTool[] = [{ type: 'function', function: tool }]

const whole = await client.chat.completions.create(asked)
let streamed = ''
for await (const chunk of await client.chat.completions.create({ ...asked, stream: true })) {
  streamed += chunk.choices[0]?.delta.content ?? ''
}

const calling = await client.chat.completions.create({ ...asked, tools, tool_choice: 'required' })
const message = calling.choices[0]?.message
const call = message?.tool_calls?.[0]
const streamedCall = (await client.chat.completions.stream({ ...asked, tools }).finalChatCompletion()).choices[0]
  ?.message.tool_calls?.[0]
const answered = await client.chat.completions.create({
  ...asked,
  messages: [
    ...messages,
    ...(message ? [message] : []),
    { role: 'tool', tool_call_id: call?.id ?? '', content: RESULT },
  ],
  tools,
})

const structured = await client.chat.completions.parse({
  ...asked,
  messages: [{ role: 'user', content: STRUCTURED }],
  response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: ANSWER, strict: true } },
})

const responseTools = [{ type: 'function' as const, ...tool }]
const request = { model: MODEL, input: QUESTION, tools: responseTools, temperature: 0, max_output_tokens: 100 }
const response = await client.responses.create(request)
const item = response.output.find(({ type }) => type === 'function_call')
const callId = item?.type === 'function_call' ? item.call_id : ''
const next = await client.responses
  .stream({
    ...request,
    previous_response_id: response.id,
    input: [{ type: 'function_call_output', call_id: callId, output: RESULT }],
  })
  .finalResponse()

report({
  text: whole.choices[0]?.message.content,
  streamed,
  call: call?.type === 'function' && { name: call.function.name, arguments: JSON.parse(call.function.arguments) },
  streamedCall: streamedCall?.type === 'function' && {
    name: streamedCall.function.name,
    arguments: JSON.parse(streamedCall.function.arguments),
  },
  answered: answered.choices[0]?.message.content,
  structured: structured.choices[0]?.message.parsed ?? JSON.parse(structured.choices[0]?.message.content ?? ''),
  response: {
    call: item?.type === 'function_call' && { name: item.name, arguments: JSON.parse(item.arguments) },
    answered: next.output_text,
  },
})
