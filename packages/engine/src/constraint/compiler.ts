import { createHash } from 'node:crypto'
import { type GrammarVocabulary, kernels } from '@foretoken/native'
import { EngineError } from '../errors.ts'
import { type Constraint, ConstraintError } from './constraint.ts'
import { GrammarConstraint } from './grammar-constraint.ts'
import { type ConstraintSource, grammarOf } from './source/source.ts'
import { Spelling } from './spelling.ts'
import { Turns } from './turns.ts'
import { type ConstraintTokens, vocabularyOf } from './vocabulary.ts'

export interface ConstraintCompilerOptions {
  /** Compiled constraints that are kept: how many, and what their lexers may take together. */
  readonly kept: number
  readonly bytesMax: number
  /** That compile at once, each of another tenant; the others wait. */
  readonly concurrency: number
  /** How long a request waits for its constraint: gateways take a worker for lost that says nothing for two seconds. */
  readonly waitMs: number
}

const DEFAULTS: ConstraintCompilerOptions = { kept: 256, bytesMax: 128 << 20, concurrency: 2, waitMs: 1_500 }

/**
 * Compiles constraints away from the step loop, and keeps them by tenant: who sends a schema again pays for it once, and
 * nobody can tell what another one sent. Those not used for longest go first.
 */
export class ConstraintCompiler {
  private readonly vocabulary: GrammarVocabulary
  private readonly mask: Uint32Array
  private readonly spelling: Spelling
  private readonly compiled = new Map<string, GrammarConstraint>()
  private readonly underWay = new Map<string, Compilation>()
  private readonly turns: Turns
  private readonly options: ConstraintCompilerOptions

  private constructor(
    tokens: ConstraintTokens,
    vocabularySize: number,
    native: NonNullable<typeof kernels>,
    options: Partial<ConstraintCompilerOptions>,
  ) {
    this.options = { ...DEFAULTS, ...options }
    this.turns = new Turns(this.options.concurrency)
    this.vocabulary = vocabularyOf(tokens, vocabularySize, native)
    this.mask = new Uint32Array(Math.ceil(vocabularySize / 32))
    this.spelling = new Spelling(tokens)
  }

  /** Undefined without the addon: there is no other way to compile. */
  static open(
    tokens: ConstraintTokens,
    vocabularySize: number,
    options: Partial<ConstraintCompilerOptions> = {},
  ): ConstraintCompiler | undefined {
    return kernels && new ConstraintCompiler(tokens, vocabularySize, kernels, options)
  }

  /**
   * @param param the request's parameter that asks for it
   * @throws ConstraintError that says what can't be compiled
   */
  async compile(tenant: string, source: ConstraintSource, param: string): Promise<Constraint> {
    const grammar = await this.grammar(tenant, source)
    return { param, open: () => grammar.open() }
  }

  /** Compiled constraints that are kept. */
  get size(): number {
    return this.compiled.size
  }

  /** Drops what a tenant's requests left here. */
  forget(tenant: string): void {
    for (const key of this.compiled.keys()) if (key.startsWith(keyOf(tenant, ''))) this.compiled.delete(key)
  }

  private async grammar(tenant: string, source: ConstraintSource): Promise<GrammarConstraint> {
    const { kind, text } = grammarOf(source)
    const key = keyOf(tenant, createHash('sha256').update(`${kind} ${text}`).digest('base64'))
    const known = this.compiled.get(key)
    if (known && !known.broken) {
      this.compiled.delete(key)
      this.compiled.set(key, known) // now the one used last
      return known
    }
    const compilation = this.underWay.get(key) ?? this.start(tenant, key, kind, text)
    return await withinTime(compilation, this.options.waitMs)
  }

  private start(tenant: string, key: string, kind: 'json' | 'regex' | 'lark', text: string): Compilation {
    const compiled = async () => {
      compilation.begun = true
      const grammar = await this.vocabulary.compile(kind, text).catch((cause: unknown) => {
        throw new ConstraintError(sentenceOf(cause), { cause })
      })
      const constraint = new GrammarConstraint(grammar, this.spelling, this.mask)
      this.compiled.set(key, constraint)
      this.trim()
      return constraint
    }
    const result = this.turns.take(tenant, compiled).finally(() => this.underWay.delete(key))
    const compilation: Compilation = { result, begun: false }
    this.underWay.set(key, compilation)
    return compilation
  }

  /** Lexers grow while texts are matched, so what they take is asked for anew. */
  private trim(): void {
    let bytes = 0
    const newestFirst = [...this.compiled].reverse()
    for (const [at, [key, constraint]] of newestFirst.entries()) {
      bytes += constraint.bytes
      if (constraint.broken || at >= this.options.kept || (at > 0 && bytes > this.options.bytesMax)) {
        this.compiled.delete(key)
      }
    }
  }
}

/** Base64 has no blank, so no tenant's keys begin as another's. */
const keyOf = (tenant: string, hash: string) => `${tenant} ${hash}`

interface Compilation {
  readonly result: Promise<GrammarConstraint>
  /** It has its turn. */
  begun: boolean
}

async function withinTime(compilation: Compilation, ms: number): Promise<GrammarConstraint> {
  const { result } = compilation
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      if (compilation.begun) reject(new ConstraintError('it takes too long to compile: simplify it.'))
      else reject(new EngineError('overloaded', 'Too many grammars are being compiled; try again shortly.'))
    }, ms)
  })
  result.catch(() => {}) // nobody may be waiting for it any more
  return await Promise.race([result, late]).finally(() => clearTimeout(timer))
}

/** The compiler's own words; of a panic none. */
function sentenceOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : ''
  if (text === '' || text.startsWith('panic:')) return 'it could not be compiled.'
  const line = text.replaceAll(/\s+/g, ' ').trim().slice(0, SENTENCE_MAX)
  return /[.!?]$/.test(line) ? line : `${line}.`
}

const SENTENCE_MAX = 300
