import { renderTable } from '../output.ts'
import type { TenantResult } from './tally.ts'

/** The demo's table: one row per tenant. */
export function renderResults(results: readonly TenantResult[]): string {
  return renderTable(HEAD, results.map(row))
}

/** One sentence that says what was shown, or what was not. */
export function verdict(results: readonly TenantResult[]): string {
  const requests = results.reduce((sum, result) => sum + result.requests, 0)
  const different = results.filter((result) => !result.identical).map((result) => result.tenant)
  if (different.length > 0) return `Output DIFFERED between plain and speculative runs: ${different.join(', ')}.`
  return `All ${requests} requests completed; with and without drafts, every output was the same, byte for byte.`
}

const HEAD = ['TENANT', 'REQ', 'PLAIN TOK/S', 'AUTO TOK/S', 'SPEED-UP', 'BY ROUND', 'TOK/STEP', 'ARMS', 'SAME']

function row(result: TenantResult): string[] {
  return [
    result.tenant,
    String(result.requests),
    result.plainTokensPerSecond.toFixed(0),
    result.autoTokensPerSecond.toFixed(0),
    times(result.speedUp),
    result.speedUpByRound.map(times).join(' → '),
    result.acceptanceLength?.toFixed(2) ?? '-',
    shares(result.armShares),
    result.requests === 0 ? '-' : result.identical ? 'yes' : 'NO',
  ]
}

const times = (ratio: number) => (ratio === 0 ? '-' : `${ratio.toFixed(2)}x`)

function shares(armShares: TenantResult['armShares']): string {
  const sorted = Object.entries(armShares).sort(([, a], [, b]) => b - a)
  return sorted.map(([arm, share]) => `${arm} ${Math.round(100 * share)}%`).join(' ') || '-'
}
