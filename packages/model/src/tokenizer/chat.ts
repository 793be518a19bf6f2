import { parse, Template, tokenize } from '@huggingface/jinja'
import { ChatTemplateError } from './error.ts'

/** One message as templates read it: beside role and content, whatever the template knows (tool_calls, name, …). */
export interface ChatMessage {
  readonly role: string
  readonly content?: unknown
  readonly [field: string]: unknown
}

export interface ChatOptions {
  /** Ends the prompt where the assistant's answer begins. */
  readonly addGenerationPrompt?: boolean
  /** Tool definitions, as the template expects them. */
  readonly tools?: readonly unknown[]
  /** Further variables of the template, such as enable_thinking. */
  readonly variables?: Readonly<Record<string, unknown>>
}

/** A model's chat template, parsed once. */
export class ChatTemplate {
  readonly #template: Template
  readonly #tokens: Readonly<Record<string, string>>

  /** `tokens`: what templates call bos_token, eos_token and so on. Throws ChatTemplateError. */
  constructor(source: string, tokens: Readonly<Record<string, string>>) {
    this.#tokens = tokens
    try {
      this.#template = parseTemplate(source)
    } catch (error) {
      throw new ChatTemplateError('failed', `the chat template does not parse: ${messageOf(error)}`)
    }
  }

  /** The prompt as text. Throws ChatTemplateError: `refused` with the template's own words, or `failed`. */
  render(messages: readonly ChatMessage[], options: ChatOptions = {}): string {
    let refusal: string | undefined
    try {
      return this.#template.render({
        ...this.#tokens,
        ...options.variables,
        messages,
        tools: options.tools ?? null,
        add_generation_prompt: options.addGenerationPrompt ?? false,
        [refuse]: (reason: unknown) => {
          refusal = String(reason)
          throw new Error(refusal)
        },
      })
    } catch (error) {
      if (refusal !== undefined) throw new ChatTemplateError('refused', refusal)
      throw new ChatTemplateError('failed', `the chat template failed: ${messageOf(error)}`)
    }
  }
}

/** The library predeclares raise_exception as any other error; under another name it is ours to tell apart. */
const refuse = 'raise_refusal'

function parseTemplate(source: string): Template {
  const tokens: { type: string; value: string }[] = tokenize(source, { lstrip_blocks: true, trim_blocks: true })
  const renamed = tokens.map((token) =>
    token.type === 'Identifier' && token.value === 'raise_exception' ? { ...token, value: refuse } : token,
  )
  const template = new Template('')
  template.parsed = parse(renamed)
  return template
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
