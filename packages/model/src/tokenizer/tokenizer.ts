import { Tokenizer as Encoder } from '@huggingface/tokenizers'
import { type ChatMessage, type ChatOptions, ChatTemplate } from './chat.ts'
import { ChatTemplateError } from './error.ts'
import { readTokenizerFiles, type TokenizerFiles } from './files.ts'
import { InertEncoder } from './inert.ts'
import { tokenBytes } from './token-bytes.ts'

/** Text to token ids and back, and conversations to prompts. */
export class Tokenizer {
  /** Tokens that end a completion. */
  readonly eosIds: readonly number[]
  /** Ids run from 0 to this, exclusive. A model's own vocabulary may be padded beyond it. */
  readonly vocabularySize: number
  readonly #encoder: Encoder
  readonly #inert: InertEncoder
  readonly #bytes: readonly Uint8Array[]
  readonly #specials: ReadonlyMap<number, string>
  readonly #template: ChatTemplate | undefined
  readonly #toolTemplate: ChatTemplate | undefined

  constructor(files: TokenizerFiles, eosIds: readonly number[] = []) {
    const { tokenizer, config, chatTemplate, toolTemplate } = files
    this.#encoder = new Encoder(tokenizer, config)
    this.#inert = new InertEncoder(files)
    this.#bytes = tokenBytes(files)
    const specials = tokenizer.added_tokens.filter(({ special }) => special)
    this.#specials = new Map(specials.map(({ id, content }) => [id, content]))
    this.vocabularySize = this.#bytes.length
    const named = config.eos_token ? this.#encoder.token_to_id(config.eos_token) : undefined
    this.eosIds = eosIds.length > 0 || named === undefined ? eosIds : [named]
    const parse = (source: string) => new ChatTemplate(source, namedTokens(config))
    this.#template = chatTemplate === undefined ? undefined : parse(chatTemplate)
    this.#toolTemplate = toolTemplate === undefined ? this.#template : parse(toolTemplate)
  }

  /** Reads the folder's tokenizer files. Throws CheckpointError, TokenizerError or ChatTemplateError. */
  static async open(folder: string, eosIds: readonly number[] = []): Promise<Tokenizer> {
    return new Tokenizer(await readTokenizerFiles(folder), eosIds)
  }

  get hasChatTemplate(): boolean {
    return this.#template !== undefined
  }

  /**
   * Ids of a raw prompt, as the model's authors would encode it: special text becomes special tokens, and what the
   * model wants before each text (often a begin-of-text token) is added, unless `addSpecialTokens` is false.
   */
  encode(text: string, { addSpecialTokens = true } = {}): number[] {
    return text === '' ? [] : this.#encoder.encode(text, { add_special_tokens: addSpecialTokens }).ids
  }

  /** Ordinary ids of a part of a text; none where its bytes can't be had by themselves. */
  spell(bytes: Uint8Array): number[] {
    const ids: number[] = this.#encoder.encode(Buffer.from(bytes).toString(), { add_special_tokens: false }).ids
    // Some tokenizers put a blank before every text, and special text would have become special tokens.
    return Buffer.concat(ids.map((id) => this.bytesOf(id))).equals(bytes) ? ids : []
  }

  /** Ids of a conversation. Special text is special only where the template wrote it. Throws ChatTemplateError. */
  encodeChat(messages: readonly ChatMessage[], options: ChatOptions = {}): number[] {
    const template = this.#templateFor(options)
    if (!this.#inert.spellsSpecial([messages, options.tools])) {
      return this.#encoder.encode(template.render(messages, options), { add_special_tokens: false }).ids
    }
    const disarmed = messages.map((message) => this.#disarm(message))
    const tools = options.tools?.map((tool) => this.#inert.disarm(tool))
    return this.#inert.encode(template.render(disarmed, tools ? { ...options, tools } : options))
  }

  /** The conversation as text, as the template writes it. Throws ChatTemplateError. */
  renderChat(messages: readonly ChatMessage[], options: ChatOptions = {}): string {
    return this.#templateFor(options).render(messages, options)
  }

  /** The text of the ids; special tokens have none, and bytes that are no UTF-8 become U+FFFD. */
  decode(ids: Iterable<number>): string {
    return new TextDecoder().decode(Buffer.concat(Array.from(ids, (id) => this.bytesOf(id))))
  }

  /** The bytes that a token adds to a text: none for special tokens and ids beyond the vocabulary. */
  bytesOf(id: number): Uint8Array {
    return this.#bytes[id] ?? nothing
  }

  /** How the vocabulary writes a token; undefined for an id beyond it. */
  spellingOf(id: number): string | undefined {
    return this.#encoder.id_to_token(id)
  }

  isSpecial(id: number): boolean {
    return this.#specials.has(id)
  }

  /** What a special token is written as; undefined: it is none. */
  specialName(id: number): string | undefined {
    return this.#specials.get(id)
  }

  #templateFor({ tools }: ChatOptions): ChatTemplate {
    const template = tools ? this.#toolTemplate : this.#template
    if (!template) throw new ChatTemplateError('missing', 'this model has no chat template')
    return template
  }

  #disarm({ role, ...fields }: ChatMessage): ChatMessage {
    return {
      role: String(this.#inert.disarm(role)),
      ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, this.#inert.disarm(value)])),
    }
  }
}

const nothing = new Uint8Array()

function namedTokens(config: TokenizerFiles['config']): Record<string, string> {
  const { bos_token, eos_token, unk_token, pad_token } = config
  const tokens = { bos_token, eos_token, unk_token, pad_token }
  return Object.fromEntries(Object.entries(tokens).map(([name, token]) => [name, token ?? '']))
}
