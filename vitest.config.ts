import { defineConfig } from 'vitest/config'
import type { Reporter, TestModule } from 'vitest/node'

/** Ends a run in CI with one plain line that any log reader understands. */
const closingLine: Reporter = {
  onTestRunEnd(modules: readonly TestModule[]) {
    const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state))
    const count = (state: string) => states.filter((each) => each === state).length
    console.log(`\n${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`)
  },
}

export default defineConfig({
  test: {
    include: ['{apps,packages}/*/src/**/*.test.ts', '{db,native}/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // As long as it takes on a busy machine; a check that holds ends the wait at once.
    expect: { poll: { timeout: 20_000 } },
    reporters: process.env.CI ? ['default', closingLine] : ['default'],
  },
})
