/**
 * Items of several sources as they come, each with the number of its source. A failing source fails the whole; leaving
 * the loop ends all sources. One item per source is fetched ahead, no more.
 */
export async function* merge<T>(sources: readonly AsyncGenerator<T>[]): AsyncGenerator<{ source: number; item: T }> {
  const [only] = sources
  if (only && sources.length === 1) {
    for await (const item of only) yield { source: 0, item }
    return
  }
  const pending = new Map(sources.map((generator, source) => [source, fetchNext(generator, source)]))
  try {
    while (pending.size > 0) {
      const { source, generator, result } = await Promise.race(pending.values())
      if (result.done) {
        pending.delete(source)
        continue
      }
      pending.set(source, fetchNext(generator, source))
      yield { source, item: result.value }
    }
  } finally {
    // Not awaited: a source that waits for its next item ends only when its owner aborts it, which comes after this.
    void Promise.allSettled(sources.map((generator) => generator.return(undefined)))
  }
}

async function fetchNext<T>(generator: AsyncGenerator<T>, source: number) {
  return { source, generator, result: await generator.next() }
}
