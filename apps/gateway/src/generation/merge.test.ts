import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { merge } from './merge.ts'

async function* list<T>(items: readonly T[], ended?: () => void): AsyncGenerator<T> {
  try {
    for (const item of items) yield item
  } finally {
    ended?.()
  }
}

describe('merged generators', () => {
  it('lose nothing, add nothing and keep the order of each source', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.nat()), { maxLength: 6 }), async (sources) => {
        const seen = sources.map((): number[] => [])
        for await (const { source, item } of merge(sources.map((items) => list(items)))) seen[source]?.push(item)
        expect(seen).toEqual(sources)
      }),
    )
  })

  it('end all sources when the reader leaves or one fails', async () => {
    for (const count of [1, 3]) {
      const ended: number[] = []
      const sources = Array.from({ length: count }, (_, at) => list([1, 2, 3], () => ended.push(at)))
      for await (const _ of merge(sources)) break
      await Promise.resolve()
      await new Promise(setImmediate)
      expect(ended).toHaveLength(count)
    }
  })
})
