import { parseArgs } from 'node:util'
import { publish } from './report.ts'
import type { Suite } from './suite.ts'

const SUITES: Record<string, () => Promise<Suite>> = {
  engine: () => import('./suites/engine/index.ts'),
  learning: () => import('./suites/learning/index.ts'),
  peers: () => import('./suites/peers/index.ts'),
  regime: () => import('./suites/regime/index.ts'),
  speculation: () => import('./suites/speculation.ts'),
  tenants: () => import('./suites/tenants/index.ts'),
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    corpus: { type: 'string' },
  },
})
const unknown = positionals.filter((name) => !(name in SUITES))
if (unknown.length > 0) {
  console.error(`Unknown suite ${unknown.join(', ')}. Suites: ${Object.keys(SUITES).join(', ')}.`)
  process.exit(2)
}
for (const name of positionals.length > 0 ? positionals : Object.keys(SUITES)) {
  const suite = await SUITES[name]?.()
  if (!suite) continue
  const { quick, corpus } = values
  const options = suite.readsCorpus ? { quick, corpus } : { quick }
  publish(await suite.run(options), options)
}
