import { kernels } from '@foretoken/native'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Platform, startPlatform } from '../end-to-end/platform.ts'
import { installed, newestClients, pythonClient, type Runner, reportOf } from './clients.ts'

const newest = await newestClients()
const python = await pythonClient()

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform({}, ['--no-trainer'])
}, 120_000)
afterAll(async () => {
  expect(await platform.stop()).toBe(0)
}, 60_000)

const call = z.object({ name: z.literal('FindProvider'), arguments: z.object({ city: z.literal('Lafayette') }) })
const answer = z.strictObject({ intent: z.string().max(20), sure: z.boolean() })
/** A call, and the words behind its result. */
const called = z.object({ call, answered: z.string().min(1) })
const asked = called.extend({ text: z.string().min(1), streamed: z.string(), streamedCall: call, structured: answer })

/** By client: its script, and what of that it does by /v1/responses as well. */
const NODE = [
  ['openai', 'openai.ts', called],
  ['Vercel AI SDK', 'ai-sdk.ts', asked],
  ["LangChain's OpenAI chat model", 'langchain.ts', asked],
] as const
const CASES: [string, string, typeof called, Runner | undefined][] = [
  ...NODE.map(([name, script, response]): (typeof CASES)[number] => [
    `${name} on this Node`,
    script,
    response,
    installed,
  ]),
  ...NODE.map(([name, script, response]): (typeof CASES)[number] => [
    `newest ${name} on Node 22`,
    script,
    response,
    newest,
  ]),
  ["Python's openai", 'client.py', called, python],
]

function expectWhole(found: unknown): void {
  const { text, streamed, call, streamedCall } = asked.parse(found)
  expect(streamed).toBe(text)
  expect(streamedCall).toEqual(call)
}

// Calls that have to be made and structured output need the compiled addon.
describe.runIf(kernels)('unchanged clients against `foretoken up`', () => {
  for (const [name, script, response, runner] of CASES) {
    test.runIf(runner)(
      `${name}: streams, tools and structured output, by chat and by responses`,
      async () => {
        if (!runner) return
        const { url, apiKey, model } = platform.ready
        const env = { BASE_URL: `${url}/v1`, API_KEY: apiKey, MODEL: model }
        const found = await reportOf(runner, script, env)
        expectWhole(found)
        const parsed = z.object({ response }).parse(found)
        if (response === asked) expectWhole(parsed.response)
      },
      180_000,
    )
  }
})
