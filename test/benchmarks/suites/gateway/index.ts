import { mkdtemp, open, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@foretoken/learning/training'
import { startProgress } from '../../progress.ts'
import { type Report, rounded } from '../../report.ts'
import type { SuiteOptions } from '../../suite.ts'
import type { Contender } from './contender.ts'
import { startOurs } from './ours.ts'
import { PEERS } from './peers.ts'
import { playRates } from './play.ts'
import { FULL, QUICK, WARM_UP } from './settings.ts'
import { summarise } from './summary.ts'
import { startUpstream } from './upstream.ts'

/**
 * What a gateway adds to an answer. Requests arrive by a Poisson process, whatever became of those before, and are
 * timed from when they were due; the same arrivals go to what stands behind the gateways, which is subtracted. Ours is
 * the whole process with its database, which meters; gateways of others stand beside it where they are installed.
 * Generator and fake worker share the machine with whichever gateway is asked. Each is warm when it is measured, having
 * answered thousands of requests: cold code is what a gateway runs in its first seconds, and no other day.
 */
export async function run({ quick }: SuiteOptions): Promise<Report> {
  const log = startProgress()
  const settings = quick ? QUICK : FULL
  const [load = 0] = loadavg()
  if (load > BUSY)
    log(`${load.toFixed(1)} processes are running: latencies will say more about them than about gateways`)
  const folder = await mkdtemp(join(tmpdir(), 'foretoken-gateway-'))
  const lines = await open(join(folder, 'log'), 'a')
  const upstream = await startUpstream(lines.fd)
  const gateways: Contender[] = []
  try {
    const ours = await startOurs(upstream.url, lines.fd)
    gateways.push(ours)
    const leftOut: string[] = []
    for (const peer of PEERS) {
      const contender = await peer.start(upstream.url, lines.fd)
      if (contender) gateways.push(contender)
      else leftOut.push(peer.name)
    }
    for (const name of leftOut) log(`${name} is not installed, and left out`)
    const contenders = [...upstream.contenders, ...gateways]
    const draws = (round: number, perSecond: number) => seededRandom(1 + round, perSecond).uniform
    const measurements = await playRates(contenders, upstream, { settings, draws, log })
    const baselines = new Map(contenders.map(({ name, baseline }) => [name, baseline]))
    const memoryMiB = Object.fromEntries(gateways.map(({ name, process }) => [name, process.memoryMiB()]))
    const raw = { settings, warmUp: WARM_UP, load: rounded(load), leftOut, memoryMiB, measurements }
    return { suite: 'gateway', ...summarise(measurements, baselines), raw }
  } finally {
    await Promise.all(gateways.map(({ process }) => process.stop()))
    await upstream.stop()
    await lines.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Mean number of running processes in the last minute above which latencies are not worth keeping. */
const BUSY = 1
