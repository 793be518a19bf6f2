/**
 * Loaded into every process of a platform under chaos, before its own code: what can only be done to it from within.
 *
 * - Its wall clock is set: `Date` is all that Node reads of it; timers and `performance` run on the monotonic one, as they
 *   do where an operator sets a machine's clock.
 * - The disk under its artifacts is full: half of what is written arrives, then ENOSPC, as write(2) does. Needs neither a
 *   mount nor its privileges.
 * - A worker listens where a wire leads to, and names the wire as its address.
 *
 * `Control` tells it what to do by a file, which it looks at ten times a second.
 */
import { readFileSync } from 'node:fs'
import fs, { type FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { controlSchema, placesSchema } from './control.ts'

const { FORETOKEN_CHAOS_CONTROL, FORETOKEN_CHAOS_PLACES, FORETOKEN_WORKER_ID } = process.env
let told = controlSchema.parse({})

if (FORETOKEN_CHAOS_CONTROL !== undefined) {
  const look = () => {
    try {
      told = controlSchema.parse(JSON.parse(readFileSync(FORETOKEN_CHAOS_CONTROL, 'utf8')))
    } catch {
      // Nothing was told yet, or the test is over.
    }
  }
  look()
  setInterval(look, 100).unref()
  setClock(() => told.clocksMs[process.pid] ?? 0)
  fillDisk(artifactFolders(), () => told.diskFull)
}

const place =
  FORETOKEN_CHAOS_PLACES === undefined || FORETOKEN_WORKER_ID === undefined
    ? undefined
    : placesSchema.parse(JSON.parse(FORETOKEN_CHAOS_PLACES))[FORETOKEN_WORKER_ID]
if (place) {
  process.env.FORETOKEN_WORKER_PORT = String(place.port)
  process.env.FORETOKEN_WORKER_URL = place.url
}

function setClock(offsetMs: () => number): void {
  const { now } = Date
  const shifted = () => now() + Math.round(offsetMs())
  Date.now = shifted
  globalThis.Date = new Proxy(Date, {
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [shifted()] : args, newTarget),
  })
}

function artifactFolders(): string[] {
  const { FORETOKEN_OBJECT_STORE: store, FORETOKEN_ADAPTER_DISK: disk } = process.env
  return [...(store?.startsWith('file:') ? [fileURLToPath(store)] : []), ...(disk === undefined ? [] : [resolve(disk)])]
}

function fillDisk(folders: readonly string[], isFull: () => boolean): void {
  const { open } = fs
  fs.open = async (path, flags, mode) => {
    const file = await open(path, flags, mode)
    const reads = flags === undefined || flags === 'r'
    if (!reads && folders.some((folder) => String(path).startsWith(`${folder}/`))) runOutOfRoom(file, isFull)
    return file
  }
  syncBuiltinESMExports()
}

function runOutOfRoom(file: FileHandle, isFull: () => boolean): void {
  const writeFile: FileHandle['writeFile'] = file.writeFile.bind(file)
  file.writeFile = async (data, options) => {
    if (!isFull()) return writeFile(data, options)
    if (data instanceof Uint8Array) await writeFile(data.subarray(0, data.length / 2))
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' })
  }
}
