import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { diagnose, ok } from './finding.ts'
import { checkKernels, checkMemory, checkNode, checkProcessor, machineChecks } from './machine.ts'
import { platformChecks } from './platform.ts'

const target = {
  dataDir: join(tmpdir(), 'foretoken-doctor-nothing-here'),
  host: '127.0.0.1',
  port: 0,
  model: undefined,
  databaseUrl: undefined,
  redisUrl: undefined,
}
const statusOf = async (changes: Partial<typeof target> | Record<string, unknown>, name: string) => {
  const diagnoses = await diagnose(platformChecks({ ...target, ...changes }).filter((check) => check.name === name))
  return diagnoses[0]
}

describe('doctor', () => {
  it('finds this machine fit, and the embedded PostgreSQL in working order', async () => {
    expect((await diagnose(machineChecks)).filter(({ status }) => status === 'fail')).toEqual([])
    expect(await statusOf({}, 'postgresql')).toMatchObject({ status: 'ok', detail: expect.stringContaining('18') })
    expect(await statusOf({}, 'data folder')).toMatchObject({
      status: 'ok',
      detail: expect.stringContaining('to be made'),
    })
  })

  it('goes on after a check that throws, and takes it as failed', async () => {
    const checks = [
      { name: 'broken', run: () => Promise.reject(new Error('no such thing')) },
      { name: 'fine', run: () => ok('yes') },
    ]
    expect(await diagnose(checks)).toEqual([
      { name: 'broken', status: 'fail', detail: 'no such thing' },
      { name: 'fine', status: 'ok', detail: 'yes' },
    ])
  })

  it('fails on a port in use, a folder that is no model and a database that does not answer', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    expect(await statusOf({ port }, 'port')).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('in use'),
    })
    server.close()
    expect(await statusOf({ model: tmpdir() }, 'model')).toMatchObject({ status: 'fail' })
    const databaseUrl = 'postgresql://someone:hunter2@127.0.0.1:1/nowhere'
    const database = await statusOf({ databaseUrl }, 'postgresql')
    expect(database).toMatchObject({ status: 'fail', detail: "can't connect (ECONNREFUSED)" })
    expect(JSON.stringify(database)).not.toContain('hunter2')
  })

  it('warns of what works but slowly, and fails an old Node', () => {
    expect(checkProcessor(new Set(['sse2']), 2).status).toBe(process.arch === 'x64' ? 'warn' : 'ok')
    expect(checkProcessor(null, 2).status).toBe('ok')
    expect(checkMemory(2 ** 29, 2 ** 33).status).toBe('warn')
    expect([true, false].map((built) => checkKernels(built).status)).toEqual(['ok', 'warn'])
    expect(['18.20.0', '20.18.9', '20.19.0', '26.1.0'].map((version) => checkNode(version).status)).toEqual([
      'fail',
      'fail',
      'ok',
      'ok',
    ])
  })
})
