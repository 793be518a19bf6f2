import { PROMOTION_GAIN_MIN } from '@foretoken/learning'
import pc from 'picocolors'
import { renderTable } from '../output.ts'
import { type Block, renderChart } from './chart.ts'
import { describeLearning, type Learning } from './learning.ts'
import type { Sample } from './sample.ts'
import type { Story } from './story.ts'
import { differing, historyOf, type WayHistory } from './tally.ts'

/** While it runs: the newest round's figures, and what each tenant's draft waits for. */
export function renderLive({ tenants, samples, learnings }: Story, columns: number): string {
  const blocks = tenants.map(({ name, description }): Block => {
    const learning = learnings.get(name)
    const note = learning ? describeLearning(learning) : description
    return { title: name, note, history: historyOf(samples, name, 0), figures: 'newest' }
  })
  return renderChart(blocks, columns)
}

/**
 * What is left on the terminal: all rounds, the figures after learning, and what became of each draft.
 *
 * @param from the first round after learning
 */
export function renderEnding({ tenants, samples, learnings }: Story, from: number, columns: number): string {
  const blocks = tenants.map(({ name, description }): Block => {
    return { title: name, note: description, history: historyOf(samples, name, from), figures: 'total' }
  })
  const all: Block = {
    title: 'all tenants',
    note: 'each way, where there is it, against plain decoding of the same prompts',
    history: historyOf(samples, null, from),
    figures: 'total',
  }
  const lessons = tenants.map(({ name }) => lessonRow(name, learnings.get(name)))
  return [
    renderChart(tenants.length > 1 ? [...blocks, all] : blocks, columns),
    '',
    ...wrap(legend(samples, from), columns),
    '',
    renderTable(['TENANT', 'DRAFT', 'LEARNED FROM', 'TAUGHT IN', 'HELD OUT', 'SWAPPED IN'], lessons),
    '',
    ...tenants.flatMap(({ name }) => reasonOf(name, learnings.get(name), historyOf(samples, name, from), columns)),
    '',
    ...wrap(verdict(samples), columns),
  ].join('\n')
}

/** One sentence that says whether all answers were the same. */
export function verdict(samples: readonly Sample[]): string {
  const different = [...new Set(differing(samples).map(({ tenant }) => tenant))]
  if (different.length > 0) return pc.red(`Output DIFFERED between ways of serving it: ${different.join(', ')}.`)
  return `${samples.length} measured answers: to each prompt every way gave the same answer, byte for byte.`
}

function legend(samples: readonly Sample[], from: number): string {
  const last = Math.max(0, ...samples.map(({ round }) => round)) + 1
  const numbered = from + 1 < last ? `rounds ${from + 1} to ${last}` : `round ${last}`
  return (
    `A bar is a round of prompts that nobody had sent before; the figures are those of ${numbered}, after learning. ` +
    'A tenant without a draft of its own has the static one beside the suffix index. Held out: acceptance length on ' +
    'the requests that the gate judges by, before and after learning, suffix index included.'
  )
}

function lessonRow(name: string, learning: Learning | undefined): string[] {
  if (!learning || !('seconds' in learning)) return [name, 'static', '-', '-', '-', '-']
  const { stage, tokens, seconds, heldOut } = learning
  const draft = stage === 'live' || stage === 'promoted' ? `version ${learning.version}` : 'static'
  const swap = stage === 'live' ? `${learning.swapSeconds.toFixed(1)} s` : '-'
  const length = heldOut ? `${heldOut.before.toFixed(2)} → ${heldOut.after.toFixed(2)}` : '-'
  return [name, draft, `${tokens} tokens`, `${seconds.toFixed(1)} s`, length, swap]
}

function reasonOf(
  name: string,
  learning: Learning | undefined,
  history: readonly WayHistory[],
  columns: number,
): string[] {
  if (!learning) return []
  const reason = `${name}: ${describeLearning(learning)}`
  return wrap(learning.stage === 'kept' ? `${reason} ${consolation(learning, history)}` : reason, columns)
}

/** What a tenant has without a draft of its own, and what one would have to show. */
function consolation({ outcome }: Extract<Learning, { stage: 'kept' }>, history: readonly WayHistory[]): string {
  const auto = history.find(({ way }) => way === 'auto')?.total?.speedUp
  const gained = auto ? `Its requests ran at ${auto.toFixed(2)} times plain decoding all the same. ` : ''
  if (outcome === 'failed') return `${gained}What is missing is a run that ends well: its reason is above.`
  if (outcome === 'skipped') return `${gained}What is missing is traffic to learn from.`
  const asked = `${(PROMOTION_GAIN_MIN * 100).toFixed(0)} %`
  return (
    `${gained}What is missing is a gain of ${asked} that is sure in 95 of 100 cases, over what the static draft and the ` +
    'suffix index do for it already: more traffic makes the draft better, and the verdict surer.'
  )
}

/** Breaks between words; lines after the first are indented. */
function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = `  ${word}`
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
