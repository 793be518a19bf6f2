import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'

const read = (file: string) => JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'))
const { allowScripts } = z.object({ allowScripts: z.record(z.string(), z.boolean()) }).parse(read('package.json'))
const { packages } = z
  .object({ packages: z.record(z.string(), z.object({ hasInstallScript: z.boolean().optional() })) })
  .parse(read('package-lock.json'))

/** Names of the dependencies whose install scripts npm 10 runs: it goes by the lock file alone. */
const marked = Object.entries(packages)
  .filter(([path, { hasInstallScript }]) => path.includes('node_modules/') && hasInstallScript)
  .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length))

test('each install script is allowed or refused, or npm 11 warns', () => {
  expect(marked.filter((name) => !(name in allowScripts))).toEqual([])
})

test('what npm 11 may not run, npm 10 does not run either, but for a script that downloads nothing', () => {
  expect(marked.filter((name) => !allowScripts[name])).toEqual(['msgpackr-extract'])
})
