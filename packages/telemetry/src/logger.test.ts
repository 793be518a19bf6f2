import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createLogger } from './logger.ts'

function logged(write: (logger: ReturnType<typeof createLogger>) => void): string {
  const sink = new PassThrough()
  write(createLogger('test', 'info', sink))
  return String(sink.read())
}

describe('logs', () => {
  it('are JSON lines with a level by name and a time', () => {
    expect(JSON.parse(logged((logger) => logger.info({ requestId: 'req_1' }, 'done')))).toMatchObject({
      level: 'info',
      name: 'test',
      requestId: 'req_1',
      msg: 'done',
      time: expect.stringMatching(/^\d{4}-/),
    })
  })

  it('redact fields that hold secrets or what a tenant wrote', () => {
    const line = logged((logger) =>
      logger.info({
        prompt: 'SECRET',
        req: { headers: { authorization: 'SECRET' } },
        request: { messages: ['SECRET'] },
      }),
    )
    expect(line).not.toContain('SECRET')
    expect(line.match(/\[redacted\]/g)).toHaveLength(3)
  })

  it.each([
    ['what JSON.parse quotes', catchError(() => JSON.parse('SECRET'))],
    ['query parameters', new Error('Failed query: select $1\nparams: SECRET')],
    ['keys', new Error('bad key ftk_SECRET')],
    ['all that in causes', new Error('outer', { cause: new Error('bad key ftk_SECRET') })],
  ])('cut %s out of errors', (_, err) => {
    expect(logged((logger) => logger.error({ err }, 'failed'))).not.toContain('SECRET')
  })

  it('survive an error that causes itself', () => {
    const err = new Error('loop')
    err.cause = err
    expect(logged((logger) => logger.error({ err }))).toContain('loop')
  })
})

function catchError(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}

describe('a process that logs when nobody reads any more', () => {
  it('ends all the same', async () => {
    const entry = fileURLToPath(new URL('testing/late-words.ts', import.meta.url))
    const child = spawn(process.execPath, ['--import', 'tsx', entry], { stdio: ['pipe', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    await once(child.stdout, 'data')
    child.stdout.destroy()
    await once(child.stdout, 'close')
    child.stdin.end()
    const hanging = setTimeout(() => child.kill('SIGKILL'), 20_000)
    expect(await ended).toEqual([0, null])
    clearTimeout(hanging)
  })
})
