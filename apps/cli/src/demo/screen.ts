import logUpdate from 'log-update'
import pc from 'picocolors'
import { renderLive } from './report.ts'
import type { Story } from './story.ts'

export interface Screen {
  /** Leaves the terminal to the results. */
  done(): void
}

const REDRAW_MS = 100

/** A chart that grows while requests run, what goes on, and the answer that streams right now. */
export function liveScreen(story: Story, columns: () => number): Screen {
  const started = Date.now()
  const draw = () => {
    const { scene, streaming } = story
    const answer = oneLine(`${streaming.tenant}: ${lastLine(streaming.prompt)} → ${streaming.text}`, columns() - 1)
    const now = `${pc.bold(clock(Date.now() - started))}  ${scene}`
    logUpdate([renderLive(story, columns()), now, pc.dim(answer)].join('\n'))
  }
  // By the clock: training moves on while no request does.
  const timer = setInterval(draw, REDRAW_MS)
  return {
    done: () => {
      clearInterval(timer)
      logUpdate.clear()
      logUpdate.done()
    },
  }
}

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** The question, without the table or the dialogue above it. */
function lastLine(prompt: string): string {
  const lines = prompt.split('\n').filter((line) => line !== 'Assistant:')
  return lines.at(-1) ?? ''
}

/** The newest end of a text that is too long. */
function oneLine(text: string, room: number): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length <= room ? line : `…${line.slice(line.length - room + 1)}`
}
