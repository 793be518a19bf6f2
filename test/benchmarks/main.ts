import { parseArgs } from 'node:util'
import { SmolLM2Error } from '@foretoken/smollm2'
import { chooseTarget, TargetError } from './bench-target.ts'
import { publish } from './report.ts'
import type { Suite } from './suite.ts'

const SUITES: Record<string, () => Promise<Suite>> = {
  engine: () => import('./suites/engine/index.ts'),
  gateway: () => import('./suites/gateway/index.ts'),
  learning: () => import('./suites/learning/index.ts'),
  peers: () => import('./suites/peers/index.ts'),
  regime: () => import('./suites/regime/index.ts'),
  speculation: () => import('./suites/speculation.ts'),
  structured: () => import('./suites/structured/index.ts'),
  tenants: () => import('./suites/tenants/index.ts'),
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    corpus: { type: 'string' },
    target: { type: 'string' },
    draft: { type: 'string' },
    weights: { type: 'string' },
    lives: { type: 'boolean', default: false },
  },
})
const unknown = positionals.filter((name) => !(name in SUITES))
if (unknown.length > 0) refuse(`Unknown suite ${unknown.join(', ')}. Suites: ${Object.keys(SUITES).join(', ')}.`)
const { quick, lives, corpus, ...choice } = values
const chosen = Object.values(choice).some((value) => value !== undefined)
const target = await chooseTarget({ quick, ...choice }).catch((error: unknown) => {
  if (error instanceof TargetError || error instanceof SmolLM2Error) return refuse(error.message)
  throw error
})
for (const name of positionals.length > 0 ? positionals : Object.keys(SUITES)) {
  const suite = await SUITES[name]?.()
  if (!suite) continue
  if (chosen && !suite.playsTargets) {
    if (positionals.length > 0) refuse(`${name} plays the reference target only, in fp32.`)
    continue
  }
  const command = {
    quick,
    ...(lives && suite.playsLives && { lives }),
    ...(suite.readsCorpus && { corpus }),
    ...(suite.playsTargets && choice),
  }
  publish(await suite.run({ ...command, target, command }), command)
}

function refuse(message: string): never {
  console.error(message)
  process.exit(2)
}
