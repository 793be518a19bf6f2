import { describe, expect, it } from 'vitest'
import { nextAttempt } from './backoff.ts'
import { type Running, supervise } from './supervise.ts'

/** Starts fake processes whose end the test decides; waiting takes as long as the test wants. */
function harness(failsAt: (start: number) => boolean = () => false) {
  let starts = 0
  let clockMs = 0
  const delays: number[] = []
  const events: string[] = []
  const ends: ((reason: string) => void)[] = []
  const start = async (): Promise<Running & { number: number }> => {
    const number = ++starts
    if (failsAt(number)) throw new Error(`start ${number} failed`)
    events.push(`start ${number}`)
    const { promise: exited, resolve } = settleable<string>()
    ends.push(resolve)
    const stop = async () => {
      events.push(`stop ${number}`)
      resolve('stopped')
    }
    return { number, exited, stop }
  }
  const wait = async (ms: number) => {
    delays.push(ms)
    clockMs += ms
  }
  const options = { name: 'it', start, wait, now: () => clockMs, log: (line: string) => void events.push(line) }
  return { options, delays, events, crash: () => ends.at(-1)?.('crashed'), pass: (ms: number) => (clockMs += ms) }
}

function settleable<T>() {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

const never = new AbortController().signal

describe('supervision', () => {
  it('starts again what ended, waiting longer each time', async () => {
    const { options, delays, crash } = harness()
    const supervised = await supervise(options, never)
    for (let number = 2; number <= 4; number++) {
      crash()
      await expect.poll(() => supervised.current().number).toBe(number)
    }
    expect(delays).toEqual([250, 500, 1000])
    await supervised.stop()
  })

  it('goes on after a start that failed, and forgets old failures once it ran for long', async () => {
    const { options, delays, crash, pass } = harness((start) => start === 2 || start === 3)
    const supervised = await supervise(options, never)
    crash()
    await expect.poll(() => supervised.current().number).toBe(4)
    pass(60_000)
    crash()
    await expect.poll(() => supervised.current().number).toBe(5)
    expect(delays).toEqual([250, 500, 1000, 250])
    await supervised.stop()
  })

  it('gives a first start that fails to the caller, who configured it', async () => {
    await expect(supervise(harness(() => true).options, never)).rejects.toThrow('start 1 failed')
  })

  it('stops for good: no restart follows', async () => {
    const { options, events } = harness()
    const supervised = await supervise(options, never)
    await supervised.stop()
    expect(events).toEqual(['start 1', 'stop 1'])
  })

  it('that is stopped while it waits to restart does not restart', async () => {
    const { options, events, crash } = harness()
    const waiting = settleable<void>()
    const wait = async (_ms: number, signal: AbortSignal) => {
      waiting.resolve()
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    }
    const supervised = await supervise({ ...options, wait }, never)
    crash()
    await waiting.promise
    await supervised.stop()
    expect(events.filter((event) => event.startsWith('start'))).toEqual(['start 1'])
  })
})

describe('the delay before a restart', () => {
  it('doubles up to ten seconds', () => {
    let failures = 0
    const delays = Array.from({ length: 8 }, () => {
      const attempt = nextAttempt(failures, 0)
      failures = attempt.failures
      return attempt.delayMs
    })
    expect(delays).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000])
  })
})
