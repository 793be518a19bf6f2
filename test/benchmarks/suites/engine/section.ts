import type { Report } from '../../report.ts'

/** One question that the suite answers, with its figures. */
export type Section = Pick<Report, 'medians' | 'ratios' | 'raw'>

export interface SectionOptions {
  /** Fewer repeats. */
  readonly quick: boolean
  log(line: string): void
}

export function mergeSections(suite: string, sections: Readonly<Record<string, Section>>): Report {
  const all = Object.values(sections)
  return {
    suite,
    medians: Object.assign({}, ...all.map(({ medians }) => medians)),
    ratios: Object.assign({}, ...all.map(({ ratios }) => ratios)),
    raw: Object.fromEntries(Object.entries(sections).map(([name, { raw }]) => [name, raw])),
  }
}

/** Runs each of these once, beginning with another one at each turn, since machines drift and caches remember. */
export async function inTurns<Item>(items: readonly Item[], turn: number, run: (item: Item) => Promise<void>) {
  for (let at = 0; at < items.length; at++) {
    const item = items[(at + turn) % items.length]
    if (item !== undefined) await run(item)
  }
}
