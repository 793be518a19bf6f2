import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { openQuestions, referenceWorkloads, tenantWorkloads, type Workload } from './index.ts'

/** Writes chats as JSON Lines of {"messages": […]}, a file for each workload, such as `foretoken draft train` reads. */
const USAGE = 'node --import tsx packages/workloads/src/write.ts GROUP|NAME… --to FOLDER [--count 100] [--seed 1]'
const GROUPS: Record<string, readonly Workload[]> = {
  open: openQuestions,
  tenants: tenantWorkloads,
  reference: referenceWorkloads,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    to: { type: 'string' },
    count: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
  },
})
const all = Object.values(GROUPS).flat()
const chosen = positionals.map((name) => GROUPS[name] ?? all.filter((workload) => workload.name === name))
if (values.to === undefined || chosen.length === 0 || chosen.some(({ length }) => length === 0)) {
  const names = [...Object.keys(GROUPS), ...all.map(({ name }) => name)]
  console.error(`${USAGE}\nGroups and names: ${names.join(', ')}`)
  process.exit(2)
}
mkdirSync(values.to, { recursive: true })
for (const workload of chosen.flat()) {
  await pipeline(
    lines(workload, Number(values.seed), Number(values.count)),
    createWriteStream(join(values.to, `${workload.name}.jsonl`)),
  )
}

function* lines(workload: Workload, seed: number, count: number): Generator<string> {
  for (const messages of workload.prompts(seed)) {
    if (count-- <= 0) return
    yield `${JSON.stringify({ messages })}\n`
  }
}
