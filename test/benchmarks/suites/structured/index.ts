import { compilerOf } from '../../../structured/compiled.ts'
import { median, type Report, rounded } from '../../report.ts'
import { quantile } from '../../statistics.ts'
import type { SuiteOptions } from '../../suite.ts'
import { openModels } from '../learning/world.ts'
import { type Decoding, measureDecoding } from './decoding.ts'
import { measureMasks } from './masks.ts'

export const playsTargets = true

/**
 * Constrained decoding: what a mask takes, what a constraint adds to plain decoding, and what speculation makes of it.
 * Schemas are those that users send (`test/structured/schemas`).
 */
export async function run({ quick, target }: SuiteOptions): Promise<Report> {
  const models = await openModels({ folders: target.folders, weights: target.precisions[0] })
  const { model } = models
  const compiler = compilerOf(model.tokenizer, model.target.shape.vocabularySize)
  const masks = await measureMasks(model, compiler, quick ? 12 : 48)
  const decoding = await measureDecoding(models, compiler, { schemas: quick ? 6 : 24, prompts: quick ? 2 : 4 })
  await models.close()
  const of = (pick: (one: Decoding) => number) => median(decoding.map(pick))
  return {
    suite: 'structured',
    medians: {
      'compile a schema, ms': rounded(median(masks.compileMs)),
      'mask, µs': rounded(median(masks.maskUs)),
      'mask, µs, p99': rounded(quantile(masks.maskUs, 0.99)),
      'mask of a lexer that knows the text, µs': rounded(median(masks.warmUs)),
      'what is forced, µs': rounded(median(masks.forcedUs)),
      'a chain of 8 checked, µs': rounded(median(masks.chainUs)),
      'free plain tokens/s': rounded(of(({ free }) => free)),
      'constrained plain tokens/s': rounded(of(({ plain }) => plain)),
      'constrained grammar alone tokens/s': rounded(of(({ grammar }) => grammar)),
      'constrained auto tokens/s, first of its kind': rounded(of(({ first }) => first)),
      'constrained auto tokens/s, similar': rounded(of(({ similar }) => similar)),
    },
    ratios: {
      'constrained plain/free plain': rounded(of(({ plain, free }) => plain / free)),
      'grammar alone/plain': rounded(of(({ grammar, plain }) => grammar / plain)),
      'auto/plain, first of its kind': rounded(of(({ first, plain }) => first / plain)),
      'auto/plain, similar': rounded(of(({ similar, plain }) => similar / plain)),
    },
    raw: { masks: { count: masks.maskUs.length }, decoding },
  }
}
