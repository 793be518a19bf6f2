import { mapConcurrently } from '../../../engine/generate.ts'
import type { Contender, PeerRequest, Timed } from './contender.ts'

/** What each contender made of each request, by its name and in the order of the requests. */
export type Timings = ReadonlyMap<string, readonly Timed[]>

/**
 * One request at a time, all contenders in turn before the next: who goes first rotates, since machines drift. The
 * first `warmUp` requests are not counted.
 */
export async function measureSingly(
  contenders: readonly Contender[],
  requests: readonly PeerRequest[],
  warmUp: number,
): Promise<Timings> {
  return await inTurns(contenders, requests.length, warmUp, async (contender, index) => {
    const request = requests[index]
    return request ? await contender.complete(request) : []
  })
}

/** Rounds of requests, `batch` of them at once until all are answered. The first round is not counted. */
export async function measureTogether(
  contenders: readonly Contender[],
  rounds: readonly (readonly PeerRequest[])[],
  batch: number,
): Promise<Timings> {
  return await inTurns(contenders, rounds.length, 1, async (contender, index) => {
    const completions = await mapConcurrently(rounds[index] ?? [], batch, (request) => contender.complete(request))
    return completions.flat()
  })
}

async function inTurns(
  contenders: readonly Contender[],
  count: number,
  warmUp: number,
  play: (contender: Contender, index: number) => Promise<readonly number[]>,
): Promise<Timings> {
  const timings = new Map<string, Timed[]>(contenders.map(({ name }) => [name, []]))
  for (let index = 0; index < count; index++) {
    for (const at of contenders.keys()) {
      const contender = contenders[(at + index) % contenders.length]
      if (!contender) continue
      const started = performance.now()
      const tokens = await play(contender, index)
      if (index >= warmUp) timings.get(contender.name)?.push({ tokens, ms: performance.now() - started })
    }
  }
  return timings
}
