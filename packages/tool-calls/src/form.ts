import type { ToolCallFormName } from '@foretoken/protocol'

/** How a model writes its calls. Forms are data: another one is another entry. */
export interface ToolCallForm {
  /** What stands around each call; null: an answer that begins with a call's object is nothing but calls. */
  readonly tags: { readonly open: string; readonly close: string } | null
  /** The key of the function's name in a call's object. */
  readonly nameKey: string
  readonly argumentsKey: string
  /** What the model writes between two calls; null: it makes one. */
  readonly separator: string | null
}

export const TOOL_CALL_FORMS: Readonly<Record<ToolCallFormName, ToolCallForm>> = {
  /** Nous Hermes, Qwen and many that followed: `<tool_call>{"name": …, "arguments": {…}}</tool_call>`. */
  hermes: {
    tags: { open: '<tool_call>', close: '</tool_call>' },
    nameKey: 'name',
    argumentsKey: 'arguments',
    separator: '\n',
  },
  /** Llama 3.1 and later: `{"name": …, "parameters": {…}}`, several with `;` between. */
  llama: { tags: null, nameKey: 'name', argumentsKey: 'parameters', separator: '; ' },
  /** Foretoken's reference target, as it was trained: `{"method": …, "parameters": {…}}`. */
  reference: { tags: null, nameKey: 'method', argumentsKey: 'parameters', separator: null },
}
