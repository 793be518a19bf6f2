import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { listProcesses, type Process } from '@foretoken/db'
import type { WireFault } from '@foretoken/protocol/testing'
import type { StoreFault } from './faulty-store.ts'
import { isAlive, type World } from './world.ts'

export interface Fault {
  readonly kind: FaultKind
  /** Of the process that it hit, where that serves. */
  readonly url: string | null
  readonly atMs: number
}

type Random = () => number
/** Resolves when it is over for whom it hit, not yet for the platform. Null: there was nobody to hit. */
type Inflict = (world: World, random: Random) => Promise<Pick<Process, 'url'> | null>

const HIT = { url: null }
/** How long a process hangs, a clock is wrong, a wire is bad, a store fails, a disk is full. */
const LASTS_MS = 4_000

const FAULTS = {
  'worker killed': signal('worker', 'SIGKILL'),
  'worker hangs': hang('worker'),
  'worker stopped': signal('worker', 'SIGTERM'),
  'gateway killed': signal('gateway', 'SIGKILL'),
  'gateway stopped': signal('gateway', 'SIGTERM'),
  'trainer killed': signal('trainer', 'SIGKILL'),
  'trainer hangs': hang('trainer'),
  'leader killed': killLeader,
  'database killed': killDatabase,
  'queue killed': killQueue,
  'wire cut': breakWire('cut'),
  'wire hangs': breakWire('hang'),
  'wire late': breakWire('late'),
  'clock ahead': jump(1),
  'clock behind': jump(-1),
  'store fails': breakStore('fails'),
  'store is slow': breakStore('is slow'),
  'store cuts': breakStore('cuts'),
  'disk full': fillDisk,
} as const satisfies Record<string, Inflict>
export type FaultKind = keyof typeof FAULTS

/** All that can happen to a world, in an order of its own: each kind once before any comes again. */
export function* draw(world: World, random: Random): Generator<FaultKind> {
  const possible = KINDS.filter((kind) => {
    if (kind === 'queue killed') return world.redis !== null
    return !kind.startsWith('store') || world.store !== null
  })
  for (;;)
    yield* possible
      .map((kind) => ({ kind, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ kind }) => kind)
}

const isKind = (kind: string): kind is FaultKind => kind in FAULTS
const KINDS = Object.keys(FAULTS).filter(isKind)

export async function inflict(kind: FaultKind, world: World, random: Random): Promise<Fault | null> {
  const atMs = performance.now()
  const hit = await FAULTS[kind](world, random)
  return hit && { kind, url: hit.url, atMs }
}

function signal(role: Process['role'], name: 'SIGKILL' | 'SIGTERM'): Inflict {
  return async (world, random) => {
    const victim = await anyOf(world, role, random)
    if (victim) process.kill(victim.pid, name)
    return victim
  }
}

function hang(role: Process['role']): Inflict {
  return async (world, random) => {
    const victim = await anyOf(world, role, random)
    if (!victim) return null
    process.kill(victim.pid, 'SIGSTOP')
    await sleep(LASTS_MS)
    process.kill(victim.pid, 'SIGCONT')
    return victim
  }
}

/** Of what serves one has to be left, or there is nobody to go on. */
async function anyOf({ db }: World, role: Process['role'], random: Random): Promise<Process | null> {
  const alive = (await ready(db)).filter((each) => each.role === role)
  const victim = alive[Math.floor(random() * alive.length)]
  const serves = role === 'gateway' || role === 'worker'
  return victim && (!serves || alive.length > 1) ? victim : null
}

/** After the database was killed the first question may meet a connection that broke. */
async function ready(db: World['db']): Promise<Process[]> {
  const all = await listProcesses(db).catch(() => listProcesses(db))
  return all.filter(({ state, pid }) => state === 'ready' && isAlive(pid))
}

/** Of two schedulers the one that decides. */
async function killLeader({ db }: World): ReturnType<Inflict> {
  const { rows } = await db.pool.query<{ pid: number }>(
    `select pid from processes join leases on leases.holder = processes.id
     where leases.name = 'scheduler' and leases.until > now()`,
  )
  const [leader] = rows
  if (!leader) return null
  process.kill(leader.pid, 'SIGKILL')
  return HIT
}

async function killDatabase({ platform }: World): ReturnType<Inflict> {
  const killed = postmaster(platform.dataDir)
  if (killed === null) return null
  process.kill(killed, 'SIGKILL')
  // Its own processes end a moment later, and answer until then.
  while ((postmaster(platform.dataDir) ?? killed) === killed) await sleep(50)
  return HIT
}

function postmaster(dataDir: string): number | null {
  try {
    return Number.parseInt(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10)
  } catch {
    return null
  }
}

async function killQueue({ redis }: World): ReturnType<Inflict> {
  await redis?.restart()
  return HIT
}

/** Whatever is asked over one wire meets it somewhere in the answer. */
function breakWire(fault: WireFault): Inflict {
  return async ({ wires }, random) => {
    const wire = wires[Math.floor(random() * wires.length)]
    if (!wire) return null
    wire.next = () => ({ fault, afterBytes: Math.floor(random() * 4_000) })
    await sleep(LASTS_MS)
    wire.next = () => undefined
    return HIT
  }
}

/** A process's wall clock is set by an hour to a week, and back. */
function jump(direction: 1 | -1): Inflict {
  return async ({ control, db }, random) => {
    const all = await ready(db)
    const victim = all[Math.floor(random() * all.length)]
    if (!victim) return null
    const hours = 1 + random() * 167
    control.tell({ clocksMs: { [victim.pid]: direction * hours * 3_600_000 } })
    await sleep(LASTS_MS)
    control.tell({ clocksMs: {} })
    return HIT
  }
}

function breakStore(fault: StoreFault): Inflict {
  return async ({ store }) => {
    if (!store) return null
    store.fault = fault
    await sleep(LASTS_MS)
    store.fault = null
    return HIT
  }
}

async function fillDisk({ control }: World): ReturnType<Inflict> {
  control.tell({ diskFull: true })
  await sleep(LASTS_MS)
  control.tell({ diskFull: false })
  return HIT
}
