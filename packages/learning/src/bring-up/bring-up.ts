import { createHash } from 'node:crypto'
import type { Trace } from '@foretoken/engine'
import { loadModel } from '@foretoken/model'
import { generateTraces } from '../static-draft/generate.ts'
import { learnableOf } from '../static-draft/learnable.ts'
import { promptsDigest } from '../static-draft/prompts.ts'
import { targetCosts } from './costs.ts'
import { Search } from './run-search.ts'
import { shapeName } from './shapes.ts'
import type { BringUpProgressStore } from './state.ts'
import type { BringUpOptions, BroughtUp } from './types.ts'

/** Where a bring-up with these options keeps how far it came, in the store that it is given. */
export function bringUpFolder(
  options: Pick<BringUpOptions, 'target' | 'prompts' | 'completionTokensMax' | 'sampledShare' | 'shapes' | 'weights'> &
    Pick<BringUpOptions, 'budgetMs' | 'batch' | 'learningRate' | 'seed'>,
): string {
  const { target, shapes, weights, budgetMs, batch, learningRate, seed } = options
  const data = [promptsDigest(options.prompts), options.completionTokensMax, options.sampledShare]
  const identity = [target, ...data, shapes.map(shapeName), weights, budgetMs, batch, learningRate, seed]
  return `bring-up/${createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 12)}`
}

/**
 * A static draft for a target that has none yet, or a better one: measures what the target takes, has it answer prompts,
 * trains drafts of several shapes on the answers by successive halving, and judges them on requests that none of them
 * was trained on, by the tokens that they are expected to bring for a millisecond.
 *
 * Everything is kept as it goes: the same options go on where they were stopped, and are an answer at once where they
 * have ended. The budget is a clock's, so a busy machine trains less; what is chosen is then what that training gave.
 *
 * Rejects with the signal's reason once it is aborted, with PromptError where prompts can't be used or are too few.
 */
export async function bringUpDraft(options: BringUpOptions, progress: BringUpProgressStore): Promise<BroughtUp> {
  await measureTargets(options, progress)
  const traces = await answers(options, progress)
  return await new Search(options, bringUpFolder(options), progress, learnableOf(traces)).run()
}

/** Of what is left of the budget after the target was measured: the rest trains. */
const ANSWERING_SHARE = 0.4

/** A few answers there have to be, however short the time is. */
const SEGMENTS_MIN = 4

async function measureTargets(options: BringUpOptions, progress: BringUpProgressStore): Promise<void> {
  const { model, weights, threads, signal, onProgress } = options
  for (const [at, format] of weights.entries()) {
    if (progress.current.target[format]) continue
    signal.throwIfAborted()
    onProgress({ phase: 'measure', what: `the target in ${format}`, done: at, total: weights.length })
    const measured = await targetCosts(model, format, threads)
    await progress.save({ target: { ...progress.current.target, [format]: measured } })
  }
}

async function answers(options: BringUpOptions, progress: BringUpProgressStore): Promise<Map<string, Trace[]>> {
  const { model, prompts, budgetMs, threads, onProgress } = options
  const { answered } = progress.current
  const untilMs = ANSWERING_SHARE * budgetMs
  let asked = 0
  const loaded = await loadModel(model, { weights: 'fp32', threads })
  const traces = await generateTraces(loaded, prompts, {
    ...options,
    enough: () => answered !== null || (asked++ >= SEGMENTS_MIN && progress.spentMs > untilMs),
    onProgress: ({ prompts: done, promptsTotal: total, tokens }) =>
      onProgress({
        phase: 'generate',
        what: `${(untilMs / 60_000).toFixed(1)} minutes of answers`,
        done,
        total,
        tokens,
        open: true,
      }),
  }).finally(async () => {
    await loaded.target.close()
    await progress.save() // also of a call that is stopped: its answers are there
  })
  if (answered === null) {
    await progress.save({ answered: Object.fromEntries([...traces].map(([domain, own]) => [domain, own.length])) })
    return traces
  }
  // Another run may have answered more of the same prompts since.
  return new Map([...traces].map(([domain, own]) => [domain, own.slice(0, answered[domain] ?? 0)]))
}
