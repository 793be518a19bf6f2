import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

/** Where `npm ci` links it, so that `npx foretoken` finds it. */
const linked = fileURLToPath(new URL('../../../node_modules/.bin/foretoken', import.meta.url))

it('the foretoken command that npm installs runs from any folder', () => {
  const { status, stdout, stderr } = spawnSync(linked, ['--help'], { cwd: tmpdir(), encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  for (const command of ['up', 'demo', 'tenant', 'key', 'model', 'draft', 'doctor']) {
    expect(stdout).toMatch(new RegExp(`^  ${command}[ |]`, 'm'))
  }
})
