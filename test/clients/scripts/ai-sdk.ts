import { createOpenAI } from '@ai-sdk/openai'
import { generateText, jsonSchema, type LanguageModel, Output, stepCountIs, streamText, tool } from 'ai'
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

const provider = createOpenAI({ baseURL: BASE_URL, apiKey: API_KEY })
const asked = { prompt: QUESTION, temperature: 0, maxOutputTokens: 100, maxRetries: 0 }
const described = { description: DESCRIPTION, inputSchema: jsonSchema<{ city: string }>(PARAMETERS) }
const tools = { [TOOL]: tool({ ...described, execute: async () => RESULT }) }

async function ask(model: LanguageModel) {
  const whole = await generateText({ ...asked, model })
  let streamed = ''
  for await (const text of streamText({ ...asked, model }).textStream) streamed += text

  const calling = await generateText({ ...asked, model, tools, toolChoice: 'required' })
  const [call] = calling.toolCalls
  // The SDK runs the tool itself and goes on with its result.
  const loop = streamText({ ...asked, model, tools, stopWhen: stepCountIs(2) })
  const answered = await loop.text
  const [streamedCall] = (await loop.steps)[0]?.toolCalls ?? []

  const structured = await generateText({
    ...asked,
    prompt: STRUCTURED,
    model,
    output: Output.object({ schema: jsonSchema<{ intent: string; sure: boolean }>(ANSWER) }),
  })
  return {
    text: whole.text,
    streamed,
    call: call && { name: call.toolName, arguments: call.input },
    streamedCall: streamedCall && { name: streamedCall.toolName, arguments: streamedCall.input },
    answered,
    structured: structured.output,
  }
}

const chat = await ask(provider.chat(MODEL))
report({ ...chat, response: await ask(provider.responses(MODEL)) })
