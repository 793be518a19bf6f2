import { z } from 'zod'
import { ApiError } from '../../errors/api-error.ts'
import { optional, withDefault } from '../parse.ts'
import { combination } from '../rules.ts'
import { schemaText } from '../structured.ts'

const TOOLS_MAX = 128

/** What a function may be called: it is written into grammars and read back out of text. */
export const functionName = z
  .string()
  .refine((name) => /^[a-zA-Z0-9_-]{1,64}$/.test(name), "expected 1 to 64 letters, digits, '_' or '-'")

/** What a tool says of its function, wherever it says it. */
export const functionFields = {
  name: functionName,
  description: optional(z.string()),
  /** JSON schema of the arguments; absent: none are taken. */
  parameters: optional(
    z
      .record(z.string(), z.unknown())
      .refine(({ type = 'object' }) => type === 'object', "expected a JSON schema of the type 'object'")
      .refine((schema) => schemaText.safeParse(schema).success, 'expected at most 65536 characters of JSON'),
  ),
  /** Whether a schema that can't be enforced in every keyword is refused, or replaced by any object. */
  strict: withDefault(z.boolean(), false),
} as const

const toolSchema = z.strictObject({ type: z.enum(['function']), function: z.strictObject(functionFields) })
export type Tool = z.infer<typeof toolSchema>

const namedChoice = z.strictObject({
  type: z.enum(['function']),
  function: z.strictObject({ name: functionName }),
})
const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  namedChoice.transform((choice) => ({ name: choice.function.name })),
])
export type ToolChoice = z.infer<typeof toolChoice>

export const toolParameters = {
  tools: withDefault(z.array(toolSchema).max(TOOLS_MAX), []),
  tool_choice: withDefault(toolChoice, 'auto'),
  parallel_tool_calls: withDefault(z.boolean(), true),
} as const

interface ToolRequest {
  readonly tools: readonly Tool[]
  readonly tool_choice: ToolChoice
}

/** How an endpoint calls what may be wrong. */
interface Names {
  nameOf(at: number): string
  readonly choice: string
}

const CHAT_NAMES: Names = { nameOf: (at) => `tools[${at}].function.name`, choice: 'tool_choice.function.name' }

/** Rules across the parameters about tools. */
export function checkTools({ tools, tool_choice: choice }: ToolRequest, paths: Names = CHAT_NAMES): void {
  const names = tools.map((tool) => tool.function.name)
  const twice = names.findIndex((name, at) => names.indexOf(name) < at)
  if (twice >= 0) throw invalid(paths.nameOf(twice), 'another function has this name.')
  if (choice === 'none' || choice === 'auto') return
  if (tools.length === 0) throw combination("'tool_choice' is only allowed when 'tools' are given.", 'tool_choice')
  if (choice !== 'required' && !names.includes(choice.name))
    throw invalid(paths.choice, "no function of 'tools' has it.")
}

function invalid(name: string, reason: string): ApiError {
  return new ApiError('invalid_value', { values: { name, reason }, param: name })
}
