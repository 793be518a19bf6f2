import type { ConstrainedText, Constraint, ConstraintCompiler } from '@foretoken/engine'
import type { LoadedModel } from '@foretoken/model'
import { json } from '../../../structured/compiled.ts'
import { randomText } from '../../../structured/random-text.ts'
import { schemas } from '../../../structured/schemas/index.ts'

export interface MaskTimes {
  readonly compileMs: number[]
  /** At each place of a text that is not forced: by a lexer that sees such a text for the first time, and again. */
  readonly maskUs: number[]
  readonly warmUs: number[]
  readonly forcedUs: number[]
  readonly chainUs: number[]
}

/** Along texts that are spelled as the tokenizer does, as models write them. */
export async function measureMasks(
  model: LoadedModel,
  compiler: ConstraintCompiler,
  count: number,
): Promise<MaskTimes> {
  const times: MaskTimes = { compileMs: [], maskUs: [], warmUs: [], forcedUs: [], chainUs: [] }
  for (const [at, { schema }] of schemas(count).entries()) {
    // Its own tenant's, so that the texts below come from another lexer.
    const other = await compiler.compile('ten_writer', json(schema), 'x')
    const texts = Array.from({ length: 3 }, (_, seed) => randomText(other, model.tokenizer, 3 * at + seed, 200))
    const started = performance.now()
    const constraint = await compiler.compile('ten_reader', json(schema), 'x')
    times.compileMs.push(performance.now() - started)
    for (const text of texts) {
      const tokens = model.tokenizer.spell(Buffer.from(text ?? ''))
      follow(constraint, tokens, times, times.maskUs)
      follow(constraint, tokens, times, times.warmUs)
    }
  }
  return times
}

function follow(constraint: Constraint, tokens: readonly number[], times: MaskTimes, maskUs: number[]): void {
  const text = constraint.open()
  for (const [at, token] of tokens.entries()) {
    if (text.ended || text.accepted([token]) === 0) return
    measure(text, tokens.slice(at, at + 8), times, maskUs)
    text.commit(token)
  }
}

function measure(text: ConstrainedText, chain: readonly number[], times: MaskTimes, maskUs: number[]): void {
  const started = performance.now()
  const next = text.next()
  const after = performance.now()
  if (typeof next === 'number') times.forcedUs.push(1_000 * (after - started))
  else maskUs.push(1_000 * (after - started))
  const checked = performance.now()
  text.accepted(chain)
  times.chainUs.push(1_000 * (performance.now() - checked))
}
