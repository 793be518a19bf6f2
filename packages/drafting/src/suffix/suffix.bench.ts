/**
 * HEADER
 */
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import type { DraftSession } from '../speculator.ts'
import { SuffixSession } from './session.ts'
import { SuffixSpeculator } from './suffix-speculator.ts'

const LOOKAHEAD = 8
const REQUESTS = 150
/** More than the second-level cache holds, as a target's weights are. */
const flood = new Float32Array(4 * 2 ** 20)

const folder = process.argv[2] ?? '../shared/corpus'
const vocabulary = new Map<string, number>()
/** Words and signs as tokens, 4,096 of them. */
const tokensOf = (text: string) =>
  (text.match(/ ?\w+|\W/g) ?? []).map((word) => {
    const id = vocabulary.get(word) ?? vocabulary.size % 4096
    vocabulary.set(word, id)
    return id
  })

for (const name of ['sql', 'bash', 'toolcall', 'dialog']) {
  const lines = readFileSync(`${folder}/${name}.jsonl`, 'utf8').trim().split('\n')
  const requests = lines.map((line) => {
    const { prompt, response } = JSON.parse(line)
    return { prompt: tokensOf(String(prompt)), response: tokensOf(String(response)) }
  })
  for (const cold of [false, true]) {
    const speculator = new SuffixSpeculator()
    for (const { prompt, response } of requests.slice(REQUESTS)) {
      const session = speculator.open({ tenant: name, prompt })
      session.commit({ tokens: response, hidden: [] })
      session.close(true)
    }
    report(name, cold, speculator, requests.slice(0, REQUESTS))
  }
}

/** Requests that the index has not seen: a proposal after each token. */
function report(
  tenant: string,
  cold: boolean,
  speculator: SuffixSpeculator,
  requests: readonly { prompt: number[]; response: number[] }[],
): void {
  const [proposals, commits]: [number[], number[]] = [[], []]
  let proposed = 0
  for (const { prompt, response } of requests) {
    const session = ownSession(speculator.open({ tenant, prompt }))
    for (const token of response) {
      if (cold) flood.fill(proposed)
      const start = performance.now()
      const { tokens } = session.propose(LOOKAHEAD)
      const asked = performance.now()
      session.commit({ tokens: [token], hidden: [] })
      commits.push(1000 * (performance.now() - asked))
      proposals.push(1000 * (asked - start))
      proposed += tokens.length
    }
    session.close(false)
  }
  const searches = proposed + proposals.length
  const mean = (times: readonly number[], count: number) =>
    (times.reduce((sum, each) => sum + each, 0) / count).toFixed(2)
  const median = (times: number[]) => (times.sort((a, b) => a - b)[times.length >> 1] ?? 0).toFixed(2)
  console.log(
    `${tenant.padEnd(9)} ${cold ? 'cold' : 'warm'}  µs per searched token: mean ${mean(proposals, searches)}`,
    `  per proposal: median ${median(proposals)}, ${(proposed / proposals.length).toFixed(1)} tokens`,
    `  per committed token: median ${median(commits)}`,
  )
}

function ownSession(session: DraftSession): SuffixSession {
  if (session instanceof SuffixSession) return session
  throw new Error('not a session of this arm')
}
