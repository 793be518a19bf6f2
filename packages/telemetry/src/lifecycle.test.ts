import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { Lifecycle, type LifecycleOptions } from './lifecycle.ts'
import { createLogger } from './logger.ts'

function create(options: Partial<LifecycleOptions> = {}) {
  return new Lifecycle({ logger: createLogger('test', 'silent'), ...options })
}

class FakeProcess extends EventEmitter {
  readonly exits: number[] = []
  exit(code: number): void {
    this.exits.push(code)
  }
}

describe('a lifecycle', () => {
  it('is ready only between its start and its shutdown', () => {
    const lifecycle = create()
    expect(lifecycle.ready).toBe(false)
    lifecycle.markReady()
    expect(lifecycle.ready).toBe(true)
    void lifecycle.shutdown('test')
    expect(lifecycle.ready).toBe(false)
  })

  it('runs the stages in order, whatever the order of adding, and closes in reverse', async () => {
    const lifecycle = create()
    const ran: string[] = []
    lifecycle.on('close', 'database', () => ran.push('database'))
    lifecycle.on('close', 'server', () => ran.push('server'))
    lifecycle.on('flush', 'usage', () => ran.push('usage'))
    lifecycle.on('drain', 'streams', async () => {
      await Promise.resolve()
      ran.push('streams')
    })
    lifecycle.on('stop admitting', 'listener', () => ran.push('listener'))
    await Promise.all([lifecycle.shutdown('a'), lifecycle.shutdown('b')])
    expect(ran).toEqual(['listener', 'streams', 'usage', 'server', 'database'])
  })

  it('goes on when a step fails or hangs', async () => {
    const lifecycle = create({ stageMsMax: { drain: 10 } })
    const ran: string[] = []
    lifecycle.on('stop admitting', 'failing', () => {
      throw new Error('no')
    })
    lifecycle.on('drain', 'hanging', () => new Promise(() => {}))
    lifecycle.on('close', 'database', () => ran.push('database'))
    await lifecycle.shutdown('test')
    expect(ran).toEqual(['database'])
  })

  it('exits with 0 after the first signal and with 1 at a second one', async () => {
    const source = new FakeProcess()
    const lifecycle = create()
    let finish = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    lifecycle.on('drain', 'streams', () => finished)
    lifecycle.listen(source)
    source.emit('SIGTERM')
    source.emit('disconnect')
    expect(source.exits).toEqual([])
    source.emit('SIGINT')
    expect(source.exits).toEqual([1])
    finish()
    await lifecycle.shutdown('again')
    await Promise.resolve()
    expect(source.exits).toEqual([1, 0])
  })
})
