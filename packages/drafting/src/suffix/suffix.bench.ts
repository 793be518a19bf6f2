/**
 * Microseconds per token that is searched for in a full index, and per token that is committed:
 * `node --import tsx packages/drafting/src/suffix/suffix.bench.ts [corpus]`.
 *
 * Median / 90th percentile, Node 20.20, two virtual AMD EPYC cores under seven times their load, the index of one tenant
 * at its 8 MiB. Cold: before each proposal 16 MB are written, as if a target had run; of a proposal's tokens the first
 * pays for that.
 *
 *                  searched token     committed token
 *              warm          cold     warm         cold
 *   sql        1.4 / 3.2    3.9 /  9    0.6 / 1.4    0.9 / 5
 *   bash       1.5 / 3.1    5.1 / 11    0.2 / 0.3    1.0 / 5
 *   toolcall   1.4 / 2.4    3.8 /  9    0.3 / 0.6    1.2 / 6
 *   dialog     2.1 / 3.6    6.0 / 12    0.2 / 0.4    1.5 / 8
 */
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { SuffixSession } from './session.ts'
import { SUFFIX_DEFAULTS } from './suffix-speculator.ts'
import { TenantMemory } from './tenants.ts'

const LOOKAHEAD = 8
const REQUESTS = 150
/** More than the second-level cache holds, as a target's weights are. */
const flood = new Float32Array(4 * 2 ** 20)
const folder = process.argv[2] ?? '../shared/corpus'

interface Request {
  readonly prompt: number[]
  readonly response: number[]
}

for (const name of ['sql', 'bash', 'toolcall', 'dialog']) {
  const requests = readRequests(`${folder}/${name}.jsonl`)
  const memory = new TenantMemory(SUFFIX_DEFAULTS.bytesPerTenantMax)
  for (const { prompt, response } of requests.slice(REQUESTS)) memory.learn([...prompt, ...response])
  for (const cold of [false, true]) report(`${name.padEnd(9)} ${cold ? 'cold' : 'warm'}`, cold, memory, requests)
}

/** Requests that the index has not seen: a proposal after each token. */
function report(name: string, cold: boolean, memory: TenantMemory, requests: readonly Request[]): void {
  const [searches, commits]: [number[], number[]] = [[], []]
  for (const { prompt, response } of requests.slice(0, REQUESTS)) {
    const session = new SuffixSession(memory, prompt, 'greedy', SUFFIX_DEFAULTS)
    for (const token of response) {
      if (cold) flood.fill(token)
      const start = performance.now()
      const { tokens } = session.propose(LOOKAHEAD)
      const asked = performance.now()
      session.commit({ tokens: [token] })
      commits.push(1000 * (performance.now() - asked))
      // The one that ends a proposal short of the lookahead was searched for, too.
      searches.push((1000 * (asked - start)) / Math.min(LOOKAHEAD, tokens.length + 1))
    }
    session.close(false)
  }
  const quantiles = (times: number[]) => {
    times.sort((a, b) => a - b)
    return [0.5, 0.9].map((share) => times[Math.floor(share * times.length)]?.toFixed(2).padStart(6)).join(' / ')
  }
  console.log(`${name}  a searched token ${quantiles(searches)}   a committed token ${quantiles(commits)}`)
}

/** Words and signs as tokens, as many as a vocabulary of 4,096 has. */
function readRequests(file: string): Request[] {
  const vocabulary = new Map<string, number>()
  const tokensOf = (text: string) =>
    (text.match(/ ?\w+|\W/g) ?? []).map((word) => {
      const id = vocabulary.get(word) ?? vocabulary.size % 4096
      vocabulary.set(word, id)
      return id
    })
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  return lines.map((line) => {
    const { prompt, response } = JSON.parse(line)
    return { prompt: tokensOf(String(prompt)), response: tokensOf(String(response)) }
  })
}
