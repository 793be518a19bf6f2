import { draftParameters, parameterCount } from '@foretoken/drafting'
import type { WeightFormat } from '@foretoken/model'
import { CHAIN } from '../static-draft/evaluate.ts'
import type { Fitted } from '../static-draft/fit.ts'
import type { Learnable } from '../static-draft/learnable.ts'
import { finishedDraft } from '../static-draft/train.ts'
import type { ReplayedTrace } from '../train/replay.ts'
import { artifactOf, type Candidate, candidatesOf, fitCandidate, paceOf } from './candidates.ts'
import { chainCosts, stepCosts } from './costs.ts'
import { bestLookahead, type StepCosts } from './goodput.ts'
import { chainAcceptance, type HeldOut, heldOutOf, replayed } from './judge.ts'
import { nextMove, rungsOf, stepsWithin } from './search.ts'
import type { BringUpProgressStore, CandidateJudgement } from './state.ts'
import type { BringUpOptions, BroughtUp, ShapeFigures } from './types.ts'
import { type Finalist, verdictOn } from './verdict.ts'

/** The search over shapes, from answers to a draft. What comes next is decided in `search.ts`; here it is done. */
export class Search {
  private readonly candidates: readonly Candidate[]
  private readonly heldOut: HeldOut

  constructor(
    private readonly options: BringUpOptions,
    private readonly folder: string,
    private readonly progress: BringUpProgressStore,
    private readonly learnable: Learnable,
  ) {
    this.candidates = candidatesOf(options, learnable)
    this.heldOut = heldOutOf(learnable.split)
  }

  async run(): Promise<BroughtUp> {
    await this.measure()
    const steps = await this.steps()
    const names = this.candidates.map(({ name }) => name)
    const rounds = rungsOf(names.length, steps).length
    for (;;) {
      const move = nextMove(names, steps, this.progress.current.judged)
      if (move.kind === 'decide') return await this.finish(steps, this.named(move.winner), move.runnerUp)
      const candidate = this.named(move.candidate)
      const what = `${candidate.name}, round ${move.rung + 1} of ${rounds}`
      const fitted = await this.fit(candidate, steps, move.until, what)
      const judgement = await this.judge(candidate, fitted, what)
      await this.progress.save({ judged: [...this.progress.current.judged, judgement] })
    }
  }

  private async measure(): Promise<void> {
    const { tables, signal, onProgress } = this.options
    if (this.progress.current.drafts !== null) return
    const total = this.candidates.length
    onProgress({ phase: 'measure', what: 'what drafts take', done: 0, total })
    const chains = await chainCosts(
      this.candidates.map(({ untrained }) => untrained),
      tables,
      signal,
    )
    const drafts: NonNullable<BringUpProgressStore['current']['drafts']> = {}
    for (const [at, candidate] of this.candidates.entries()) {
      signal.throwIfAborted()
      const { int8 = [], fp32 = [] } = chains[at] ?? {}
      const msPerStep = await paceOf(candidate, this.learnable, this.options)
      drafts[candidate.name] = { int8: [...int8], fp32: [...fp32], msPerStep }
      onProgress({ phase: 'measure', what: 'what training takes', done: at + 1, total })
    }
    await this.progress.save({ drafts })
  }

  /** What is left of the budget, less what judging takes; but no answer is met more than PASSES_MAX times. */
  private async steps(): Promise<number> {
    const { steps, drafts } = this.progress.current
    if (steps !== null) return steps
    const { budgetMs, batch } = this.options
    const left = TRAINING_SHARE * Math.max(0, budgetMs - this.progress.spentMs)
    const paces = this.candidates.map(({ name }) => drafts?.[name]?.msPerStep ?? 1)
    const most = Math.ceil((PASSES_MAX * this.learnable.examples.length) / batch)
    const planned = stepsWithin(left, paces, most)
    await this.progress.save({ steps: planned })
    return planned
  }

  private async fit(candidate: Candidate, steps: number, until: number, what: string): Promise<Fitted> {
    const onStep = (step: number, loss: number) =>
      this.options.onProgress({ phase: 'train', what, done: step, total: until, loss })
    const to = { steps, until, folder: this.folder, onStep }
    try {
      return await fitCandidate(candidate, this.learnable, to, this.options)
    } catch (error) {
      if (this.options.signal.aborted) await this.progress.save()
      throw error
    }
  }

  private async judge(candidate: Candidate, fitted: Fitted, what: string): Promise<CandidateJudgement> {
    const { target, weights, onProgress } = this.options
    const { selection } = this.heldOut
    onProgress({ phase: 'judge', what, done: 0, total: selection.length })
    const replays = await replayed(artifactOf(candidate, fitted, target), selection, this.options)
    const { goodput, lookahead } = bestLookahead(replays, CHAIN, this.costsOf(candidate, weights[0]))
    return {
      ...{ candidate: candidate.name, step: fitted.step, goodput, lookahead },
      acceptanceLength: chainAcceptance(replays),
      speedUps: this.speedUps(candidate, replays),
    }
  }

  private async finish(steps: number, winner: Candidate, second: string | null): Promise<BroughtUp> {
    const { options, heldOut, progress } = this
    const best = await this.fit(winner, steps, steps, winner.name)
    const finalists = [this.finalist(winner, best)]
    if (second !== null) {
      const runnerUp = this.named(second)
      finalists.push(this.finalist(runnerUp, await this.fit(runnerUp, steps, steps, second)))
    }
    const verdict = await verdictOn(finalists, heldOut, progress.current.target, options)
    const { contents, card } = await finishedDraft(winner.untrained, best, this.learnable, {
      ...options,
      onProgress: (each) => {
        if (each.phase !== 'evaluate') return
        options.onProgress({ phase: 'evaluate', done: each.requests, total: each.requestsTotal })
      },
    })
    const precise = verdict.precision === 'fp32' ? { precision: verdict.precision } : {}
    const found = { steps, winner: winner.name, runnerUp: second, ...verdict }
    return { contents: { ...contents, ...precise }, card, report: { ...this.circumstances(), ...found } }
  }

  private finalist(candidate: Candidate, fitted: Fitted): Finalist {
    const { name } = candidate
    const chain = this.progress.current.drafts?.[name] ?? { int8: [], fp32: [] }
    return { name, artifact: artifactOf(candidate, fitted, this.options.target), chain }
  }

  /** What a report tells beside the outcome. */
  private circumstances() {
    const { selection, verdict } = this.heldOut
    const training = this.learnable.training.length
    return {
      costs: this.progress.current.target,
      requests: { training, selection: selection.length, verdict: verdict.length },
      minutes: this.progress.spentMs / 60_000,
      shapes: this.candidates.map((each) => this.figuresOf(each)),
    }
  }

  private figuresOf({ name, untrained }: Candidate): ShapeFigures {
    const { drafts, judged } = this.progress.current
    const costs = drafts?.[name]
    const chainMs = (points: readonly { length: number; ms: number }[] = []) =>
      points.find(({ length }) => length === CHAIN)?.ms ?? 0
    return {
      name,
      parameters: parameterCount(draftParameters(untrained.shape)),
      chainMs: { int8: chainMs(costs?.int8), fp32: chainMs(costs?.fp32) },
      trainingMsPerStep: costs?.msPerStep ?? 0,
      judged: judged.findLast(({ candidate }) => candidate === name) ?? null,
    }
  }

  private speedUps(candidate: Candidate, replays: readonly ReplayedTrace[]): CandidateJudgement['speedUps'] {
    const entries = this.options.weights.map((format) => {
      const costs = this.costsOf(candidate, format)
      return [format, bestLookahead(replays, CHAIN, costs).goodput * costs.targetMs(1)]
    })
    return Object.fromEntries(entries)
  }

  private costsOf({ name }: Candidate, format: WeightFormat): StepCosts {
    const { target, drafts } = this.progress.current
    return stepCosts(target[format] ?? [], drafts?.[name]?.int8 ?? [])
  }

  private named(name: string): Candidate {
    const found = this.candidates.find((each) => each.name === name)
    if (!found) throw new RangeError(`there is no candidate ${name}`)
    return found
  }
}

const TRAINING_SHARE = 0.85
/** Beyond it a small draft learns its answers by heart. */
const PASSES_MAX = 8
