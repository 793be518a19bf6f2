import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const WRITES = /\.(insert|update|delete)\((tenants|apiKeys|adminKeys)\)/g

/** Files that write one thing of these tables that nobody decided: when a key was used. */
const OF_NOBODY: Readonly<Record<string, readonly string[]>> = {
  'queries/usage.ts': ['update apiKeys'],
}

it('nothing writes tenants, keys or credentials but what takes an audit row with it', () => {
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /(?<!\.test)\.ts$/.test(file),
  )
  let writes = 0
  for (const file of sources) {
    const text = readFileSync(join(root, file), 'utf8')
    const found = [...text.matchAll(WRITES)].map(([, verb, table]) => `${verb} ${table}`)
    writes += found.length
    if (found.length === 0 || text.includes("/audited.ts'")) continue
    expect({ file, found }).toEqual({ file, found: OF_NOBODY[file] ?? [] })
  }
  expect(writes).toBeGreaterThan(8)
})
