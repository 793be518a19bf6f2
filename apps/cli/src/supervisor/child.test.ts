import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type ServiceOptions, startService } from './child.ts'

const never = new AbortController().signal
const path = (name: string) => fileURLToPath(new URL(`testing/${name}`, import.meta.url))
const pidOf = async (url: string | null) => Number(await (await fetch(`${url}/pid`)).text())

function options(fault: string | undefined, log: (line: string) => void = () => undefined): ServiceOptions {
  const env = { FIXTURE_FAULT: fault }
  return { name: 'fixture', entry: path('service.ts'), env, log, readyWithinMs: 20_000, stopWithinMs: 20_000 }
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('a service', () => {
  it('is ready where it says, hands on its output, and may finish its work when it is stopped', async () => {
    const lines: string[] = []
    const service = await startService(
      options(undefined, (line) => lines.push(line)),
      never,
    )
    expect(await pidOf(service.url)).toBeGreaterThan(0)
    await service.stop()
    expect(await service.exited).toBe('exit code 0')
    expect(lines).toEqual(['drained'])
  })

  it('that ends before it is ready fails with its last words', async () => {
    await expect(startService(options('refuse'), never)).rejects.toThrow(/exit code 3.*the configuration is wrong/s)
  })

  it('that never gets ready is killed and said to be late', async () => {
    const late = startService({ ...options('mute'), readyWithinMs: 1_500 }, never)
    await expect(late).rejects.toThrow(/not ready within 1.5 s/)
  })

  it('is killed when it does not stop in time', async () => {
    const service = await startService({ ...options('deaf'), stopWithinMs: 100 }, never)
    await service.stop()
    expect(await service.exited).toBe('signal SIGKILL')
  })

  it('does not start after the request to stop, and stops starting on it', async () => {
    const stopping = new AbortController()
    const starting = startService(options('mute'), stopping.signal)
    stopping.abort()
    await expect(starting).rejects.toThrow(/stopped while it started/)
    expect(() => startService(options(undefined), stopping.signal)).toThrow()
  })

  it.each(['SIGKILL', 'SIGTERM'] as const)('does not outlive a supervisor that gets %s', async (signal) => {
    const owner = spawn(process.execPath, ['--import', 'tsx', path('owner.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const url = await new Promise<string>((resolve) =>
      owner.stdout.once('data', (line) => resolve(String(line).trim())),
    )
    const pid = await pidOf(url)
    owner.kill(signal)
    await expect.poll(() => isAlive(pid), { timeout: 15_000, interval: 100 }).toBe(false)
  })
})
