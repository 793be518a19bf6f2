import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
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

const find = tool(async () => RESULT, { name: TOOL, description: DESCRIPTION, schema: PARAMETERS })

async function ask(useResponsesApi: boolean) {
  const model = new ChatOpenAI({
    ...{ model: MODEL, apiKey: API_KEY, configuration: { baseURL: BASE_URL } },
    ...{ temperature: 0, maxTokens: 100, maxRetries: 0, useResponsesApi },
  })
  const question = new HumanMessage(QUESTION)
  const whole = await model.invoke([question])
  let streamed = ''
  for await (const chunk of await model.stream([question])) streamed += chunk.text

  const calling = await model.bindTools([find], { tool_choice: 'required' }).invoke([question])
  const [call] = calling.tool_calls ?? []
  let gathered: Awaited<ReturnType<typeof model.invoke>> | undefined
  for await (const chunk of await model.bindTools([find]).stream([question])) {
    gathered = gathered ? gathered.concat(chunk) : chunk
  }
  const [streamedCall] = gathered?.tool_calls ?? []
  const result = new ToolMessage({ content: RESULT, tool_call_id: call?.id ?? '' })
  const said = new AIMessage({ content: calling.content, tool_calls: calling.tool_calls ?? [] })
  const answered = await model.bindTools([find]).invoke([question, said, result])
  const structured = await model
    .withStructuredOutput(ANSWER, { name: 'answer', method: 'jsonSchema' })
    .invoke(STRUCTURED)
  return {
    text: whole.text,
    streamed,
    call: call && { name: call.name, arguments: call.args },
    streamedCall: streamedCall && { name: streamedCall.name, arguments: streamedCall.args },
    answered: answered.text,
    structured,
  }
}

const chat = await ask(false)
report({ ...chat, response: await ask(true) })
