import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CommandOptions, commandOf, commit, describeMachine, workloadsOf } from '../../../report.ts'
import type { LearningResult } from '../play.ts'
import { chartsOf } from './charts.ts'
import { openQuestionsTable, rateTable, stepTable } from './rates.ts'
import type { Summary } from './summary.ts'
import {
  ablationTable,
  acceptanceTable,
  adversaryTable,
  calibrationTable,
  fullStaticTable,
  learningTable,
  shiftTable,
  speedTable,
  swapTable,
  targetTable,
  whileTrainingTable,
} from './tables.ts'

/** Writes `learning.md` and its pictures into a folder. */
export async function writeReport(folder: string, result: LearningResult, summary: Summary, options: CommandOptions) {
  await mkdir(folder, { recursive: true })
  const charts = chartsOf(result)
  for (const [name, svg] of Object.entries(charts)) await writeFile(join(folder, name), svg)
  const picture = (name: string, text: string) => (name in charts ? `![${text}](${name})\n` : '')
  const origin = `\`${commandOf('learning', options)}\` on ${new Date().toISOString().slice(0, 10)}, commit ${commit()}, ${describeMachine()}.`
  const extras = result.costs !== null
  const parts = [
    `# Learning: what drafts gain from a tenant’s own traffic\n\n${origin}\n\nWorkloads: ${workloadsOf(options)}. ${METHOD}\n`,
    extras ? targetTable(summary) : '',
    rateTable(result),
    stepTable(result),
    openQuestionsTable(result),
    acceptanceTable(result),
    picture('acceptance.svg', 'Acceptance length by arm and tenant'),
    speedTable(result),
    picture('speed-up.svg', 'Speed-up over plain decoding by arm and tenant'),
    ...(extras
      ? [
          learningTable(result),
          picture('learning-curves.svg', 'Learning curves'),
          shiftTable(result),
          picture('shift.svg', 'Recovery after a shift'),
          fullStaticTable(result),
          adversaryTable(result),
          whileTrainingTable(result),
          ablationTable(result),
        ]
      : []),
    calibrationTable(summary),
    swapTable(result),
  ]
  await writeFile(join(folder, 'learning.md'), parts.filter((part) => part !== '').join('\n'))
}

const METHOD = `Each is a tenant. Its first requests are answered by plain decoding and leave traces; an
adapter is fitted to them as a tenant’s run does it; then held-out requests from the end, which nothing was
trained on, are served by the engine in every way, greedily, in turns, and all ways must give the same tokens. The suffix
index of a way that uses it knows the tenant’s first requests, as it would after serving them.`
