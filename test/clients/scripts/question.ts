/** What each client asks, in its own words. Runs on Node alone: nothing here may need a compiler. */
export const { BASE_URL = '', API_KEY = '', MODEL = '' } = process.env

/** The tool calls of the reference target were trained on questions like this one. */
export const QUESTION = 'I am looking for a psychologist in Lafayette.'
export const TOOL = 'FindProvider'
export const DESCRIPTION = 'Finds a provider of a service in a city'
export const PARAMETERS = {
  type: 'object' as const,
  properties: { city: { type: 'string' as const }, type: { type: 'string' as const } },
  required: ['city'],
  additionalProperties: false,
}
export const RESULT = '{"name": "Dr. Hill"}'

export const STRUCTURED = 'Set an alarm for seven.'
export const ANSWER = {
  type: 'object' as const,
  properties: { intent: { type: 'string' as const, maxLength: 20 }, sure: { type: 'boolean' as const } },
  required: ['intent', 'sure'],
  additionalProperties: false,
}

export function report(found: Readonly<Record<string, unknown>>): void {
  console.log(JSON.stringify(found))
}
