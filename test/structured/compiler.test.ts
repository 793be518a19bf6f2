import { ConstraintCompiler, EngineError } from '@foretoken/engine'
import { kernels } from '@foretoken/native'
import { describe, expect, test } from 'vitest'
import { BYTES, json } from './compiled.ts'

const VOCABULARY = 257
/** Takes some hundreds of milliseconds, on any machine longer than a millisecond. */
const slow = (at: number) => json({ enum: Array.from({ length: 3_000 }, (_, word) => `word ${at} ${word}`) })

describe.runIf(kernels)('the compiler', () => {
  test('compiles what a tenant sends again once, and every tenant for itself', async () => {
    const compiler = open({})
    const [one, again, other] = await Promise.all([
      compiler.compile('ten_a', json({ enum: ['a', 'b'] }), 'x'),
      compiler.compile('ten_a', json({ enum: ['a', 'b'] }), 'y'),
      compiler.compile('ten_b', json({ enum: ['a', 'b'] }), 'x'),
    ])
    expect([one.param, again.param, other.param]).toEqual(['x', 'y', 'x'])
    expect(compiler.size).toBe(2)
    compiler.forget('ten_a')
    expect(compiler.size).toBe(1)
    expect(one.open().accepted([...Buffer.from('"a"')])).toBe(3) // who has it goes on
  })

  test('keeps those that were used last, within its limits', async () => {
    for (const limit of [{ kept: 2 }, { bytesMax: 1 }]) {
      const compiler = open(limit)
      for (let at = 0; at < 5; at++) await compiler.compile('ten_a', json({ const: at }), 'x')
      expect(compiler.size).toBe('kept' in limit ? 2 : 1)
    }
  })

  test('keeps one tenant waiting for its own alone', async () => {
    const compiler = open({ concurrency: 2 })
    const done: string[] = []
    const compile = async (tenant: string, at: number) => {
      await compiler.compile(tenant, slow(at), 'x')
      done.push(tenant)
    }
    await Promise.all([...Array.from({ length: 4 }, (_, at) => compile('ten_a', at)), compile('ten_b', 9)])
    expect(done.indexOf('ten_b')).toBeLessThan(3)
  })

  test('gives up on what takes too long, and says whose fault it is', async () => {
    const compiler = open({ waitMs: 1 })
    const [own, queued] = await Promise.allSettled([
      compiler.compile('ten_a', slow(0), 'x'),
      compiler.compile('ten_a', slow(1), 'x'),
    ])
    expect(own).toMatchObject({ status: 'rejected', reason: { name: 'ConstraintError' } })
    expect(queued.status === 'rejected' && queued.reason).toBeInstanceOf(EngineError)
    expect(queued).toMatchObject({ reason: { code: 'overloaded' } })
  })
})

function open(options: NonNullable<Parameters<typeof ConstraintCompiler.open>[2]>): ConstraintCompiler {
  const compiler = ConstraintCompiler.open(BYTES, VOCABULARY, { waitMs: 60_000, ...options })
  if (!compiler) throw new Error('there is no addon')
  return compiler
}
