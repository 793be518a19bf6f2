import { ApiError, type ChatRequest, type ToolFunction } from '@foretoken/protocol'
import { TOOL_CALL_FORMS, type ToolCallForm } from '@foretoken/tool-calls'
import type { WorkerPool } from '../workers/pool.ts'

type ToolRequest = Pick<ChatRequest, 'model' | 'tools' | 'tool_choice' | 'parallel_tool_calls'>

/** The tools that a request lets its model call, and how such calls are written. */
export interface ToolUse {
  readonly functions: readonly ToolFunction[]
  readonly form: ToolCallForm
  readonly callsMax: number
}

/** Null where a request has no tools, or wants none of them called: the model is not told of any then. */
export function toolUseOf(
  request: ToolRequest,
  workers: Pick<WorkerPool, 'models' | 'toolCallFormOf'>,
): ToolUse | null {
  const { model, tools, tool_choice: choice } = request
  if (tools.length === 0 || choice === 'none') return null
  if (choice !== 'auto') {
    const value = choice === 'required' ? "'required'" : 'a function by name'
    throw new ApiError('unsupported_value', { values: { name: 'tool_choice', value }, param: 'tool_choice' })
  }
  const form = workers.toolCallFormOf(model)
  if (form === undefined) {
    // Of a model that nobody knows it is not known either: that error comes where it is routed.
    if (!workers.models.has(model)) return null
    throw new ApiError('tools_unsupported', { values: { model }, param: 'tools' })
  }
  return {
    functions: tools.map(({ function: { name, description, parameters } }) => ({
      name,
      ...(description !== undefined && { description }),
      ...(parameters !== undefined && { parameters }),
    })),
    form: TOOL_CALL_FORMS[form],
    callsMax: request.parallel_tool_calls ? Number.POSITIVE_INFINITY : 1,
  }
}
