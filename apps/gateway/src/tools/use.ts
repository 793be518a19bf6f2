import { ApiError, type CallTools, type ChatRequest, type Tool } from '@foretoken/protocol'
import { TOOL_CALL_FORMS, type ToolCallForm } from '@foretoken/tool-calls'
import type { WorkerPool } from '../workers/pool.ts'

type ToolRequest = Pick<ChatRequest, 'model' | 'tool_choice' | 'parallel_tool_calls'> & {
  readonly tools: readonly Tool[]
}

/** The tools that a request lets its model call, and how such calls are written. */
export interface ToolUse {
  readonly tools: CallTools
  readonly form: ToolCallForm
}

/**
 * Null where a request has no tools, or wants none of them called: the model is not told of any then.
 *
 * @param paramOf names a tool's schema in the request
 */
export function toolUseOf(
  request: ToolRequest,
  workers: Pick<WorkerPool, 'models' | 'toolCallFormOf'>,
  paramOf: (at: number) => string,
): ToolUse | null {
  const { model, tools, tool_choice: choice } = request
  if (tools.length === 0 || choice === 'none') return null
  const form = workers.toolCallFormOf(model)
  if (form === undefined) {
    // Of a model that nobody knows it is not known either: that error comes where it is routed.
    if (!workers.models.has(model)) return null
    throw new ApiError('tools_unsupported', { values: { model }, param: 'tools' })
  }
  return {
    tools: {
      functions: tools.map((tool, at) => toFunction(tool, paramOf(at))),
      required: choice !== 'auto',
      ...(typeof choice === 'object' && { only: choice.name }),
      parallel: request.parallel_tool_calls && typeof choice !== 'object',
    },
    form: TOOL_CALL_FORMS[form],
  }
}

function toFunction({ function: { name, description, parameters, strict } }: Tool, param: string) {
  return {
    name,
    ...(description !== undefined && { description }),
    ...(parameters !== undefined && { parameters }),
    strict,
    param,
  }
}
