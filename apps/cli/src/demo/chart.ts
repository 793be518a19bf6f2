import pc from 'picocolors'
import { sparkline } from './sparkline.ts'
import type { Figures, WayHistory } from './tally.ts'
import { WAY_NAMES } from './ways.ts'

export interface Block {
  readonly title: string
  /** What there is to say of it, beside the title as far as there is room. */
  readonly note: string
  readonly history: readonly WayHistory[]
  /** What the figures are: of the newest round, or the totals. */
  readonly figures: 'newest' | 'total'
}

/** Blocks of four lines, one per way: acceptance length and tokens per second over the rounds, and in figures. */
export function renderChart(blocks: readonly Block[], columns: number): string {
  const rounds = Math.max(0, ...blocks.flatMap(({ history }) => history.map((way) => way.rounds.length)))
  const width = Math.min(BARS_MAX, Math.max(BARS_MIN, rounds))
  return [head(width), ...blocks.flatMap((block) => renderBlock(block, width, columns))].join('\n')
}

const NAME = 20
/** Rounds shown: the head needs some room, and a terminal of 80 columns has no more. */
const BARS_MIN = 9
const BARS_MAX = 14

function head(width: number): string {
  const acceptance = 'ACCEPTANCE LENGTH'.padEnd(width + 9)
  return pc.bold(`${''.padEnd(NAME)}${acceptance}${'TOKENS/S'.padEnd(width + 6)}${'× PLAIN'.padStart(10)}`)
}

function renderBlock({ title, note, history, figures }: Block, width: number, columns: number): string[] {
  const room = columns - title.length - 3
  const cut = note.length > room ? `${note.slice(0, Math.max(0, room - 1))}…` : note
  const all = history.flatMap(({ rounds }) => rounds.flatMap((round) => round ?? []))
  const bounds = {
    acceptance: [1, Math.max(1, ...all.map(({ acceptanceLength }) => acceptanceLength))] as const,
    speed: [0, Math.max(0, ...all.map(({ tokensPerSecond }) => tokensPerSecond))] as const,
  }
  const lines = history.map(({ way, rounds, total }) => {
    const shown = figures === 'total' ? total : (rounds.at(-1) ?? null)
    const acceptance = sparkline(
      rounds.map((round) => round?.acceptanceLength),
      bounds.acceptance,
      width,
    )
    const speed = sparkline(
      rounds.map((round) => round?.tokensPerSecond),
      bounds.speed,
      width,
    )
    return `${`  ${WAY_NAMES[way]}`.padEnd(NAME)}${pc.cyan(acceptance)}${numbers(shown, pc.cyan(speed))}`
  })
  return [`${pc.bold(title)}  ${pc.dim(cut)}`, ...lines]
}

function numbers(figures: Figures | null, speedBars: string): string {
  const acceptance = (figures?.acceptanceLength.toFixed(2) ?? '-').padStart(6)
  const speed = (figures?.tokensPerSecond.toFixed(0) ?? '-').padStart(6)
  const ratio = figures?.speedUp ? `${figures.speedUp.toFixed(2)}x` : '-'
  return `${acceptance}   ${speedBars}${speed}${ratio.padStart(10)}`
}
