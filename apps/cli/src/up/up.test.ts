import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, it } from 'vitest'

const command = fileURLToPath(new URL('../../bin/foretoken.js', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'foretoken-up-'))
const dataDir = join(root, 'data')
const running = new Set<ChildProcess>()

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The command in a process of its own, as an operator runs it. */
function foretoken(...args: string[]) {
  const child = spawn(process.execPath, [command, ...args, '--data-dir', dataDir], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })))
  void ended.then(() => running.delete(child))
  return { child, ended, stdout: () => stdout }
}

async function up() {
  const platform = foretoken('up', '--json', '--port', '0')
  await Promise.race([
    expect.poll(platform.stdout, { timeout: 150_000 }).toContain('\n'),
    platform.ended.then(({ stderr }) => Promise.reject(new Error(stderr))),
  ])
  return { ...platform, ready: JSON.parse(platform.stdout()) }
}

async function ask({ url, model, apiKey }: { url: string; model: string; apiKey: string }): Promise<number> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'list all files' }], max_tokens: 4 }),
  })
  await response.text()
  return response.status
}

/** Processes below one, the server's guardian and its backends included. */
function descendants(pid: number): { pid: number; command: string }[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).trim().split('\n')
  const processes = rows
    .map((row) => row.trim().split(/\s+/))
    .map(([own, parent, ...command]) => {
      return { pid: Number(own), parent: Number(parent), command: command.join(' ') }
    })
  const below = (parent: number): typeof processes =>
    processes.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)])
  return below(pid)
}

const isAlive = ({ pid }: { pid: number }) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

afterEach(async () => {
  for (const child of running) child.kill('SIGKILL')
})
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 500 }))

describe('foretoken up', { timeout: 300_000 }, () => {
  it('serves, survives the loss of a worker and of the database, keeps others off its folder and stops without a trace', async () => {
    const { child, ended, stdout, ready } = await up()
    expect(Object.keys(ready)).toEqual(['url', 'model', 'tenant', 'apiKey'])
    expect(ready).toMatchObject({ model: 'reference-target', tenant: expect.stringMatching(/^ten_/) })
    expect(await ask(ready)).toBe(200)
    expect(await ask({ ...ready, apiKey: 'ftk_wrong' })).toBe(401)

    const created = await foretoken('tenant', 'create', 'acme', '--json').ended
    expect(JSON.parse(created.stdout)).toMatchObject({ name: 'acme' })
    const key = await foretoken('key', 'create', '--tenant', 'acme', '--json').ended
    expect(await ask({ ...ready, apiKey: JSON.parse(key.stdout).apiKey })).toBe(200)

    const owner = readFileSync(join(dataDir, 'admin-key'), 'utf8').trim()
    const admin = (path: string) => fetch(`${ready.url}${path}`, { headers: { authorization: `Bearer ${owner}` } })
    expect(await (await admin('/admin/v1/self')).json()).toMatchObject({ role: 'owner' })
    expect(await (await admin('/admin/v1/tenants?search=acme')).json()).toMatchObject({ data: [{ name: 'acme' }] })
    const { id } = JSON.parse(key.stdout)
    await foretoken('key', 'revoke', id, '--tenant', 'acme').ended
    await expect.poll(() => ask({ ...ready, apiKey: JSON.parse(key.stdout).apiKey })).toBe(401)
    expect((await foretoken('audit', 'verify').ended).stdout).toContain('intact')

    const second = await foretoken('up', '--port', '0').ended
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining(`in use by process ${child.pid}`) })
    const port = new URL(ready.url).port
    const elsewhere = await foretoken('doctor', '--port', port, '--json').ended
    expect(elsewhere.stdout).toContain('"name":"port","status":"warn"')

    const tree = descendants(child.pid ?? 0)
    const childOf = (app: string) => tree.find(({ command }) => command.includes(`${app}/src/main.ts`))
    expect(childOf('trainer')).toBeDefined()
    const adapt = await foretoken('draft', 'adapt', '--tenant', 'acme', '--wait', '--json').ended
    expect(JSON.parse(adapt.stdout)).toMatchObject({ state: 'skipped', reason: expect.any(String) })
    expect(adapt.code).toBe(0)
    const worker = childOf('worker')
    process.kill(worker?.pid ?? 0, 'SIGKILL')
    await expect.poll(() => ask(ready), { timeout: 120_000, interval: 500 }).not.toBe(200)
    await expect.poll(() => ask(ready), { timeout: 120_000, interval: 500 }).toBe(200)

    process.kill(Number.parseInt(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10), 'SIGKILL')
    const list = () => foretoken('tenant', 'list', '--json').ended.then(({ code }) => code)
    await expect.poll(list, { timeout: 120_000, interval: 500 }).toBe(0)
    expect(await ask(ready)).toBe(200)

    const all = [...tree, ...descendants(child.pid ?? 0)]
    child.kill('SIGINT')
    expect((await ended).code).toBe(0)
    expect(stdout()).toBe(`${JSON.stringify(ready)}\n`)
    // Polled: the TypeScript loader's helper of the command itself ends a moment after it.
    await expect.poll(() => all.filter(isAlive), { timeout: 5_000 }).toEqual([])
  })

  it('has the same key at the next start, and leaves no process behind when it is killed', async () => {
    const { child, ready } = await up()
    const keys = await foretoken('key', 'list', '--tenant', ready.tenant, '--json').ended
    expect(JSON.parse(keys.stdout)).toHaveLength(1)
    expect(await ask(ready)).toBe(200)
    const tree = descendants(child.pid ?? 0)
    expect(tree.length).toBeGreaterThan(3)
    child.kill('SIGKILL')
    await expect.poll(() => tree.filter(isAlive), { timeout: 60_000, interval: 250 }).toEqual([])
  })

  it.each([
    [['--model', tmpdir()], /is not a model/],
    [['--model', 'reference-target', '--model', 'reference-target'], /Two models are called "reference-target"/],
    [['--draft', tmpdir()], /is not a draft/],
    [['--device', 'abacus'], /"abacus" is not in this build of ONNX Runtime/],
    [['--tls-cert', 'only.pem'], /both --tls-cert and --tls-key/],
    [['--port', '70000'], /from 0 to 65535/],
  ])('refuses %j in one sentence, before anything starts', async (args, message) => {
    const { code, stdout, stderr } = await foretoken('up', ...args).ended
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr).not.toContain('    at ')
  })
})
