import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Database, listProcesses, openDatabase } from '@foretoken/db'
import { type RedisServer, testRedis } from '@foretoken/jobs/testing'
import { FaultyWire } from '@foretoken/protocol/testing'
import { type S3Server, startS3Server } from '@foretoken/storage/testing'
import { z } from 'zod'
import { type Platform, startPlatform } from '../end-to-end/platform.ts'
import { Control, type Places } from './control.ts'
import { FaultyStore } from './faulty-store.ts'
import { SecondScheduler } from './second-scheduler.ts'

const WORKERS = ['wrk_1', 'wrk_2', 'wrk_3'] as const
/** Two gateways, the workers, a trainer and two schedulers. */
const PROCESSES = 2 + WORKERS.length + 1 + 2
const WHOLE_MS_MAX = 60_000

/** A platform to be harmed: real processes, and between them what can be made to fail. */
export interface World {
  readonly platform: Platform
  readonly db: Database
  readonly databaseUrl: string
  readonly queueUrl: string
  readonly objectStore: string
  readonly control: Control
  /** To each worker. */
  readonly wires: readonly FaultyWire[]
  /** Null: jobs are queued in the database. */
  readonly redis: RedisServer | null
  /** Null: artifacts lie in a folder. */
  readonly store: FaultyStore | null
  /** Every process that ever announced itself. */
  readonly pids: ReadonlySet<number>
  /** Resolves when every part is there again: faults hit a platform, not its ruins. */
  whole(): Promise<void>
  /** Calling it again waits for the same end. */
  stop(): Promise<void>
}

export async function startWorld(store: 'bucket' | 'folder'): Promise<World> {
  // The test reads the store as the platform does.
  Object.assign(process.env, CREDENTIALS)
  const folder = await mkdtemp(join(tmpdir(), 'foretoken-chaos-'))
  const control = new Control(join(folder, 'control.json'))
  const bucket = store === 'bucket' ? await startBucket() : null
  const redis = await startRedis()
  const { wires, places } = await startWires()
  const preload = ['tsx', './preload.ts'].map((each) => `--import=${import.meta.resolve(each)}`)
  const platform = await startPlatform(
    {
      ...LEARNS_OFTEN,
      NODE_OPTIONS: preload.join(' '),
      FORETOKEN_CHAOS_CONTROL: control.file,
      FORETOKEN_CHAOS_PLACES: JSON.stringify(places),
    },
    [
      ...['--workers', String(WORKERS.length), '--gateways', '2', '--threads', '1'],
      ...(redis ? ['--queue-url', redis.url] : []),
      ...(bucket ? ['--object-store', bucket.url] : []),
    ],
  )
  const state = stateSchema.parse(JSON.parse(await readFile(join(platform.dataDir, 'state.json'), 'utf8')))
  const second = new SecondScheduler(state, LEARNS_OFTEN, (line) => platform.log.push(line))
  const db = openDatabase(state.databaseUrl, { onIdleError: () => {} })
  const pids = new Set<number>()
  const stop = async () => {
    await second.stop()
    await db.close()
    await platform.stop()
    await Promise.all(wires.map((wire) => wire.close()))
    await bucket?.store.close()
    await bucket?.server.stop()
    await rm(folder, { recursive: true })
  }
  let stopped: Promise<void> | undefined
  return {
    ...{ platform, db, ...state, control, wires, redis, store: bucket?.store ?? null, pids },
    whole: () => whole(db, pids),
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}

const stateSchema = z.object({ databaseUrl: z.string(), queueUrl: z.string(), objectStore: z.string() })

/** Runs that begin soon and end soon, whatever they are worth. */
const LEARNS_OFTEN = {
  FORETOKEN_TRAIN_AFTER_TOKENS: '3000',
  FORETOKEN_TRAIN_TOKENS_MAX: '6000',
  FORETOKEN_ROUND_MS: '1000',
}
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }

async function whole(db: Database, pids: Set<number>): Promise<void> {
  const deadlineMs = performance.now() + WHOLE_MS_MAX
  while (performance.now() < deadlineMs) {
    const processes = await listProcesses(db).catch(() => [])
    for (const { pid } of processes) pids.add(pid)
    // The lease of one that was killed goes on for seconds.
    if (processes.filter(({ state, pid }) => state === 'ready' && isAlive(pid)).length === PROCESSES) return
    await sleep(250)
  }
  throw new Error('a part of the platform did not come back within a minute')
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function startWires(): Promise<{ wires: FaultyWire[]; places: Places }> {
  const wires: FaultyWire[] = []
  const places: Places = {}
  for (const worker of WORKERS) {
    const port = await freePort()
    const wire = await FaultyWire.start(`http://127.0.0.1:${port}`)
    wires.push(wire)
    places[worker] = { port, url: wire.url }
  }
  return { wires, places }
}

async function startRedis(): Promise<RedisServer | null> {
  const redis = testRedis()
  // One that was given can't be killed.
  if (redis.found === 'binary') return redis.start()
  console.warn('CHAOS WITHOUT REDIS: there is no redis-server to kill, so jobs are queued in the database.')
  return null
}

async function startBucket(): Promise<{ server: S3Server; store: FaultyStore; url: string } | null> {
  try {
    const server = await startS3Server()
    await server.makeBucket('chaos')
    const store = await FaultyStore.start(server.endpoint)
    const parameters = new URLSearchParams({ endpoint: store.url, forcePathStyle: 'true' })
    return { server, store, url: `s3://chaos/platform?${parameters}` }
  } catch (error) {
    if (process.env.CI) throw error
    console.warn('CHAOS WITHOUT AN OBJECT STORE: there is no S3 server to break, so artifacts lie in a folder.', error)
    return null
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || !address) throw new TypeError('no address')
  return address.port
}
