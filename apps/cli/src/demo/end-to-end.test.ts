import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith('foretoken-demo-'))

it('foretoken demo shows four tenants the same output with and without drafts, and leaves nothing behind', () => {
  const before = leftovers()
  const args = ['--import', 'tsx', main, 'demo', '--json', '--rounds', '2', '--prompts', '1']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  const result = JSON.parse(stdout)
  expect(result).toMatchObject({ model: 'reference-target', identical: true })
  expect(result.tenants).toHaveLength(4)
  for (const tenant of result.tenants) {
    expect(tenant).toMatchObject({ requests: 4, identical: true, plainTokensPerSecond: expect.any(Number) })
    expect(tenant.acceptanceLength).toBeGreaterThanOrEqual(1)
    expect(tenant.speedUpByRound).toHaveLength(2)
  }
  expect(leftovers()).toEqual(before)
}, 300_000)
