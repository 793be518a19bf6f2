import { madeSchema } from './made.ts'
import { SENT } from './sent.ts'

export interface NamedSchema {
  readonly name: string
  readonly schema: object
}

/** So many schemas: first those of the kinds that users send, then made-up ones. */
export function schemas(count: number): NamedSchema[] {
  const sent = Object.entries(SENT).map(([name, schema]) => ({ name, schema }))
  const made = Array.from({ length: Math.max(0, count - sent.length) }, (_, seed) => ({
    name: `made-up ${seed}`,
    schema: madeSchema(seed),
  }))
  return [...sent, ...made].slice(0, count)
}
