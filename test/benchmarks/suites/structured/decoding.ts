import type { Constraint, ConstraintCompiler, Engine } from '@foretoken/engine'
import { type CompletionRequest, complete } from '../../../engine/generate.ts'
import { json } from '../../../structured/compiled.ts'
import { schemas } from '../../../structured/schemas/index.ts'
import { workloadPrompts } from '../../../workloads/prompts.ts'
import type { Models } from '../learning/world.ts'

/** Tokens per second of one request. */
export interface Decoding {
  readonly schema: string
  readonly tokens: number
  /** Without a constraint, and without drafts. */
  readonly free: number
  /** With it, without drafts. */
  readonly plain: number
  /** Only what the grammar forces is drafted. */
  readonly grammar: number
  /**
   * All arms: of a tenant that asks for the first time, and of one that has sent this schema before, with other
   * prompts.
   */
  readonly first: number
  readonly similar: number
}

const TOKENS = 120

export async function measureDecoding(
  { model, engine }: Models,
  compiler: ConstraintCompiler,
  counts: { readonly schemas: number; readonly prompts: number },
): Promise<Decoding[]> {
  const prompts = workloadPrompts(counts.prompts * 7).map(({ prompt }) =>
    model.tokenizer.encodeChat([{ role: 'user', content: prompt }], { addGenerationPrompt: true }),
  )
  const measured: Decoding[] = []
  for (const [at, { name, schema }] of schemas(counts.schemas).entries()) {
    const constraint = await compiler.compile('ten_a', json(schema), 'x')
    for (let turn = 0; turn < counts.prompts; turn++) {
      const prompt = prompts[(at + turn * counts.schemas) % prompts.length] ?? []
      measured.push({ schema: name, ...(await measure(engine, constraint, prompt, { at, turn })) })
    }
    console.error(`${name}: measured`)
  }
  return measured
}

async function measure(
  engine: Engine,
  constraint: Constraint,
  prompt: readonly number[],
  { at, turn }: { readonly at: number; readonly turn: number },
): Promise<Omit<Decoding, 'schema'>> {
  // Small models go round in circles without, and circles are easily drafted.
  const wanted = { prompt, tokensMax: TOKENS, sampling: { frequencyPenalty: 0.6 } }
  const runs = {
    free: { ...wanted, tenant: 'ten_free', speculation: { arm: 'none' } },
    plain: { ...wanted, tenant: 'ten_plain', constraint, speculation: { arm: 'none' } },
    grammar: { ...wanted, tenant: 'ten_grammar', constraint, speculation: { arm: 'grammar' } },
    first: { ...wanted, tenant: `ten_${at}_${turn}`, constraint, speculation: { arm: 'auto' } },
    similar: { ...wanted, tenant: `ten_${at}`, constraint, speculation: { arm: 'auto' } },
  } satisfies Record<string, CompletionRequest>
  const timed = async (request: CompletionRequest) => {
    const started = performance.now()
    const { text, tokens } = await complete(engine, request)
    return { text, tokens: tokens.length, speed: tokens.length / ((performance.now() - started) / 1_000) }
  }
  // Whoever comes first alternates, since machines drift.
  const names = ['free', 'plain', 'grammar', 'first', 'similar'] as const
  const order = names.map((_, place) => names[(place + turn) % names.length] ?? 'plain')
  const results = new Map<string, Awaited<ReturnType<typeof timed>>>()
  for (const name of order) results.set(name, await timed(runs[name]))
  const texts = new Set(names.slice(1).map((name) => results.get(name)?.text))
  if (texts.size > 1) throw new Error(`speculation changed the output: ${[...texts].join(' | ')}`)
  const speed = (name: (typeof names)[number]) => results.get(name)?.speed ?? Number.NaN
  return {
    tokens: results.get('plain')?.tokens ?? 0,
    free: speed('free'),
    plain: speed('plain'),
    grammar: speed('grammar'),
    first: speed('first'),
    similar: speed('similar'),
  }
}
