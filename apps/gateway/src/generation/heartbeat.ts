export const HEARTBEAT = Symbol('heartbeat')

/** The source's items, with a HEARTBEAT wherever none came for `everyMs`. */
export async function* withHeartbeat<T>(
  source: AsyncGenerator<T>,
  everyMs: number,
): AsyncGenerator<T | typeof HEARTBEAT> {
  try {
    for (;;) {
      const next = source.next()
      let result = await raceHeartbeat(next, everyMs)
      while (result === HEARTBEAT) {
        yield HEARTBEAT
        result = await raceHeartbeat(next, everyMs)
      }
      if (result.done) return
      yield result.value
    }
  } finally {
    await source.return(undefined)
  }
}

async function raceHeartbeat<T>(next: Promise<T>, everyMs: number): Promise<T | typeof HEARTBEAT> {
  let timer: NodeJS.Timeout | undefined
  const beat = new Promise<typeof HEARTBEAT>((resolve) => {
    timer = setTimeout(() => resolve(HEARTBEAT), everyMs)
  })
  try {
    return await Promise.race([next, beat])
  } finally {
    clearTimeout(timer)
  }
}
