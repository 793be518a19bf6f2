/** What a text may be: JSON of a schema, a regular expression, a grammar. */

export { ConstraintCompiler, type ConstraintCompilerOptions } from './compiler.ts'
export { type ConstrainedText, type Constraint, ConstraintError } from './constraint.ts'
export { type ConstraintSource, schemaSource } from './source/source.ts'
export type { ConstraintTokens } from './vocabulary.ts'
