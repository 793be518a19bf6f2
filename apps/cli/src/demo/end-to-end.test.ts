import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const command = fileURLToPath(new URL('../../bin/foretoken.js', import.meta.url))
const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith('foretoken-demo-'))

it('foretoken demo teaches a draft from traffic, says what came of it, and never changes an output', () => {
  const before = leftovers()
  const less = ['--tenants', '1', '--tokens', '2000', '--rounds', '1', '--prompts', '2']
  const args = [command, 'demo', '--json', ...less]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  const result = JSON.parse(stdout)
  expect(result).toMatchObject({ model: 'reference-target', identical: true, rounds: { total: 3, afterLearning: 1 } })
  const [{ learning, ways }] = result.tenants
  // Whether a draft passes depends on the machine; that it was taught and judged does not.
  expect(learning.tokens).toBeGreaterThanOrEqual(2_000)
  expect(learning.seconds).toBeGreaterThan(0)
  expect(learning.heldOut).toEqual({ before: expect.any(Number), after: expect.any(Number) })
  expect(learning.reason).toMatch(/goodput over the static draft .* held-out requests/)
  expect(['live', 'withdrawn', 'kept']).toContain(learning.stage)
  expect(ways.adaptive.afterLearning === null).toBe(learning.stage !== 'live')
  for (const way of ['none', 'static', 'auto']) {
    expect(ways[way].rounds).toHaveLength(3)
    expect(ways[way].afterLearning).toMatchObject({ requests: 2, speedUp: expect.any(Number) })
    expect(ways[way].afterLearning.acceptanceLength).toBeGreaterThanOrEqual(1)
  }
  expect(leftovers()).toEqual(before)
}, 300_000)
