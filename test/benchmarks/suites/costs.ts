import { inspectCheckpoint, loadModel, type Target, type TargetInput } from '@foretoken/model'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { BandwidthMeter } from '../bandwidth.ts'
import type { SuiteOptions } from '../main.ts'
import { median, type Report, rounded } from '../report.ts'

const PAST = 256
const ROWS = [1, 2, 4, 8, 16, 32]
const WEIGHTS = ['fp32', 'int8', 'int4'] as const

/**
 * What a target run costs by rows and weights, on top of 256 cached tokens, and how near plain decoding in fp32 comes
 * to the time that reading its weights alone takes. Row counts alternate, so that drift touches all alike.
 */
export async function run({ quick }: SuiteOptions): Promise<Report> {
  const passes = quick ? 20 : 200
  const medians: Record<string, number> = {}
  const ratios: Record<string, number> = {}
  const raw: Record<string, unknown> = {}
  for (const weights of WEIGHTS) {
    const { target } = await loadModel(referenceTargetFolder, { weights })
    const samples = await timeRows(target, passes)
    for (const [index, rows] of ROWS.entries())
      medians[`${weights} rows ${rows} ms`] = rounded(median(samples[index] ?? []))
    ratios[`${weights} rows 8/rows 1`] = rounded(median(samples[3] ?? []) / median(samples[0] ?? []))
    raw[weights] = Object.fromEntries(ROWS.map((rows, index) => [rows, samples[index]?.map((ms) => rounded(ms))]))
    if (weights === 'fp32') {
      const plain = await compareWithBandwidth(target, quick ? 20 : 100)
      medians['fp32 plain step ms'] = rounded(median(plain.plainMs))
      medians['fp32 plain step floor ms'] = rounded(median(plain.floorMs))
      ratios['fp32 plain decoding/bandwidth limit'] = rounded(median(plain.floorMs) / median(plain.plainMs))
      raw.plain = plain
    }
    await target.close()
    console.error(`${weights}: measured`)
  }
  return { suite: 'costs', medians, ratios, raw }
}

/**
 * Plain decoding, one row after the other, in turns with reading as many bytes as such a step reads: the weights and
 * the cached rows. Both as medians, since the bandwidth of a shared machine drifts.
 */
async function compareWithBandwidth(target: Target, rounds: number): Promise<Plain> {
  const { weightBytes, cacheBytesPerToken } = await inspectCheckpoint(referenceTargetFolder)
  const bytes = weightBytes.fp32 + PAST * cacheBytesPerToken
  const meter = await BandwidthMeter.start(bytes, 2)
  const input = inputOf(target, 1)
  const plainMs: number[] = []
  const floorMs: number[] = []
  for (let round = 0; round < rounds; round++) {
    for (let step = 0; step < 10; step++) {
      const started = performance.now()
      await target.run(input)
      if (step >= 2) plainMs.push(performance.now() - started) // the meter has just flushed the caches
    }
    floorMs.push((bytes / (await meter.measure())) * 1000)
  }
  await meter.close()
  return { bytes, plainMs, floorMs }
}

interface Plain {
  readonly bytes: number
  readonly plainMs: readonly number[]
  readonly floorMs: readonly number[]
}

async function timeRows(target: Target, passes: number): Promise<number[][]> {
  const inputs = ROWS.map((rows) => inputOf(target, rows))
  const samples: number[][] = ROWS.map(() => [])
  for (let pass = -5; pass < passes; pass++) {
    for (const [index, input] of inputs.entries()) {
      const started = performance.now()
      await target.run(input)
      if (pass >= 0) samples[index]?.push(performance.now() - started)
    }
  }
  return samples
}

export function inputOf({ shape }: Target, rows: number): TargetInput {
  const capacity = Math.ceil((PAST + rows) / 64) * 64
  const layer = () => new Float32Array(shape.keyValueHeads * capacity * shape.headDim).fill(0.01)
  return {
    batch: 1,
    length: rows,
    capacity,
    tokens: Int32Array.from({ length: rows }, (_, row) => (row * 97) % shape.vocabularySize),
    positions: Int32Array.from({ length: rows }, (_, row) => PAST + row),
    pastLengths: Int32Array.of(PAST),
    keys: Array.from({ length: shape.layers }, layer),
    values: Array.from({ length: shape.layers }, layer),
    logitRows: Int32Array.from({ length: rows }, (_, row) => row),
  }
}
