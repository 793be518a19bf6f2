import logUpdate from 'log-update'
import pc from 'picocolors'
import { log } from '../output.ts'
import { renderResults } from './report.ts'
import type { Progress } from './run.ts'
import { type Pair, tally } from './tally.ts'

export interface Screen extends Progress {
  /** Leaves the last picture on the terminal. */
  done(): void
}

const REDRAW_MS = 80

/** A table that fills in while requests run, and the text that streams right now. */
export function liveScreen(tenants: readonly string[], pairsTotal: number): Screen {
  const pairs: Pair[] = []
  let sample = { heading: '', text: '' }
  let drawnAt = 0
  const draw = () => {
    drawnAt = performance.now()
    const results = tenants.map((tenant) => tally(tenant, pairs))
    const status = pc.dim(`${pairs.length} of ${pairsTotal} requests, each plain and speculative`)
    logUpdate([renderResults(results), '', pc.cyan(sample.heading), sample.text, '', status].join('\n'))
  }
  return {
    onText: (tenant, prompt, text) => {
      const heading = `${tenant}: ${lastLine(prompt)}`
      sample = { heading, text: sample.heading === heading ? sample.text + text : text }
      if (performance.now() - drawnAt > REDRAW_MS) draw()
    },
    onPair: (pair) => {
      pairs.push(pair)
      draw()
    },
    done: () => {
      logUpdate.clear()
      logUpdate.done()
    },
  }
}

/** For pipes and logs: a line now and then. */
export function plainScreen(tenants: readonly string[], pairsTotal: number): Screen {
  let count = 0
  return {
    onText: () => undefined,
    onPair: ({ tenant, auto }) => {
      count += 1
      // One more than a multiple of the tenants, so that each gets its turn.
      if (count % (tenants.length * 4 + 1) === 1) log(`[${count}/${pairsTotal}] ${tenant}: ${auto.text}`)
    },
    done: () => undefined,
  }
}

/** The question, without the table or the dialogue above it. */
function lastLine(prompt: string): string {
  const lines = prompt.split('\n').filter((line) => line !== 'Assistant:')
  return lines.at(-1) ?? ''
}
