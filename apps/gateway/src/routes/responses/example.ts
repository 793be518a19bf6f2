import { type OpenAiResponse, type ResponseEvent, responseEventSchema, responseSchema } from '@foretoken/protocol'
import type { Harness } from '../../testing/harness.ts'

/** The request that tests start from. */
export const PATH = '/v1/responses'
export const ask = { model: 'scripted', input: 'Which customers ordered twice?', max_output_tokens: 5, seed: 42 }

export async function create(gateway: Harness, body: object): Promise<OpenAiResponse> {
  return responseSchema.parse(await (await gateway.post(PATH, body)).json())
}

/** A stream's events, each checked to be named as it says it is, and the raw text. */
export async function stream(gateway: Harness, body: object): Promise<{ events: ResponseEvent[]; text: string }> {
  const text = await (await gateway.post(PATH, { ...body, stream: true })).text()
  const events = text
    .trimEnd()
    .split('\n\n')
    .map((event) => {
      const [, name, data] = /^event: (\S+)\ndata: (.*)$/.exec(event) ?? []
      const parsed = responseEventSchema.parse(JSON.parse(data ?? ''))
      if (parsed.type !== name) throw new Error(`${parsed.type} is called ${name}`)
      return parsed
    })
  return { events, text }
}
