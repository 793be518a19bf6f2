import { type Constraint, ConstraintCompiler, type ConstraintSource, type ConstraintTokens } from '@foretoken/engine'

/** A vocabulary of all bytes and an end. */
export const BYTES: ConstraintTokens = {
  eosIds: [256],
  specialName: (id) => (id === 256 ? '<end>' : undefined),
  bytesOf: (id) => Uint8Array.of(id),
  spell: (bytes) => [...bytes],
}
export const END = 256
const VOCABULARY = 257

/** A compiler where there has to be one. */
export function compilerOf(tokens: ConstraintTokens = BYTES, vocabularySize = VOCABULARY): ConstraintCompiler {
  const compiler = ConstraintCompiler.open(tokens, vocabularySize, { waitMs: 60_000 })
  if (!compiler) throw new Error('there is no addon')
  return compiler
}

let bytes: ConstraintCompiler | undefined

/** Over bytes. */
export function compiled(source: ConstraintSource): Promise<Constraint> {
  bytes ??= compilerOf()
  return bytes.compile('ten_test', source, 'the constraint')
}

export function json(schema: unknown): ConstraintSource {
  return { kind: 'json', schema: JSON.stringify(schema) }
}
