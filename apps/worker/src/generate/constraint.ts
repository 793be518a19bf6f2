import {
  type Constraint,
  type ConstraintCompiler,
  ConstraintError,
  type ConstraintSource,
  EngineError,
  schemaSource,
} from '@foretoken/engine'
import type { CallTools, GenerateCall, ToolFunction } from '@foretoken/protocol'
import { TOOL_CALL_FORMS, type ToolTemplate, toolGrammar } from '@foretoken/tool-calls'

interface ConstraintReader {
  /** Undefined without the compiled addon. */
  readonly constraints: ConstraintCompiler | undefined
  readonly tools: ToolTemplate | null
}

/** What the call's text may be, compiled. @throws EngineError naming the parameter that can't be had */
export async function compiledConstraint(
  { constraint, tenant, input }: GenerateCall,
  { constraints: compiler, tools }: ConstraintReader,
): Promise<Constraint | undefined> {
  const asked = input.kind === 'chat' ? input.tools : undefined
  if (asked && tools) {
    if (!compiler) return withoutCompiler(asked)
    const compilation: Compilation = { compiler, tenant, tools: asked, template: tools, content: constraint }
    return await toolConstraint(compilation)
  }
  if (!constraint) return undefined
  if (!compiler) throw unavailable(constraint.param)
  return await compiled(compiler, tenant, constraint.source, constraint.param)
}

/** Nothing keeps a model from writing anything then; only what was not promised may be had so. */
function withoutCompiler({ required, functions }: CallTools): undefined {
  if (required) throw unavailable('tool_choice')
  const strict = functions.find((each) => each.strict)
  if (strict) throw unavailable(strict.param)
  return undefined
}

interface Compilation {
  readonly compiler: ConstraintCompiler
  readonly tenant: string
  readonly tools: CallTools
  readonly template: ToolTemplate
  /** What text has to be where nothing is called. */
  readonly content: GenerateCall['constraint']
}

/**
 * Calls by the schemas of their functions. Where one can't be enforced, and nobody asked for that, its function takes
 * any object; which one it is takes another look at each, since the compiler sees them all at once.
 */
async function toolConstraint(compilation: Compilation): Promise<Constraint> {
  const { only, functions } = compilation.tools
  const callable = functions.filter(({ name }) => only === undefined || name === only)
  const schemas = callable.map(readSchema)
  try {
    return await compileTools(compilation, callable, schemas)
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== 'invalid_value') throw error
    const enforceable: string[] = []
    for (const [at, each] of callable.entries()) {
      enforceable.push(await tried(compilation, each, schemas[at] ?? ANY_OBJECT))
    }
    if (enforceable.every((schema, at) => schema === schemas[at])) throw error
    return await compileTools(compilation, callable, enforceable)
  }
}

async function compileTools(
  { compiler, tenant, tools, template, content }: Compilation,
  callable: readonly ToolFunction[],
  schemas: readonly string[],
): Promise<Constraint> {
  const functions = callable.map(({ name }, at) => ({ name, schema: schemas[at] ?? ANY_OBJECT }))
  const text = content?.source.kind === 'json' ? named(content.param, content.source.schema) : undefined
  const grammar = toolGrammar(TOOL_CALL_FORMS[template.form], functions, { ...tools, content: text })
  return await compiled(compiler, tenant, { kind: 'grammar', grammar }, 'tools')
}

/** A function's schema if it compiles by itself, or any object. */
async function tried({ compiler, tenant }: Compilation, tool: ToolFunction, schema: string): Promise<string> {
  try {
    // As a rule of its own: in front of the compiler it is what it is in the whole.
    await compiled(compiler, tenant, { kind: 'grammar', grammar: `start: %json ${schema}` }, tool.param)
    return schema
  } catch (error) {
    if (tool.strict || !(error instanceof EngineError) || error.code !== 'invalid_value') throw error
    return ANY_OBJECT
  }
}

function readSchema({ parameters, strict, param }: ToolFunction): string {
  const schema = JSON.stringify(parameters ? { type: 'object', ...parameters } : NO_ARGUMENTS)
  if (strict) return named(param, schema)
  try {
    return schemaSource(schema)
  } catch (error) {
    if (!(error instanceof ConstraintError)) throw error
    return ANY_OBJECT
  }
}

function named(param: string, schema: string): string {
  try {
    return schemaSource(schema)
  } catch (cause) {
    throw toEngineError(cause, param)
  }
}

async function compiled(
  compiler: ConstraintCompiler,
  tenant: string,
  source: ConstraintSource,
  param: string,
): Promise<Constraint> {
  try {
    return await compiler.compile(tenant, source, param)
  } catch (cause) {
    throw toEngineError(cause, param)
  }
}

function toEngineError(cause: unknown, param: string): unknown {
  return cause instanceof ConstraintError ? new EngineError('invalid_value', cause.message, param, { cause }) : cause
}

function unavailable(param: string): EngineError {
  return new EngineError('structured_outputs_unavailable', 'The compiled addon is missing on this worker.', param)
}

const NO_ARGUMENTS = { type: 'object', properties: {}, additionalProperties: false }
const ANY_OBJECT = schemaSource('{"type":"object"}')
