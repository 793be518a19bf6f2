import { inspectCheckpoint, loadModel, type Target, type TargetInput } from '@foretoken/model'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { readBandwidth } from '../bandwidth.ts'
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
    if (weights === 'fp32') await compareWithBandwidth(median(samples[0] ?? []), medians, ratios)
    await target.close()
    console.error(`${weights}: measured`)
  }
  return { suite: 'costs', medians, ratios, raw }
}

async function compareWithBandwidth(plainMs: number, medians: Record<string, number>, ratios: Record<string, number>) {
  const bytes = (await inspectCheckpoint(referenceTargetFolder)).weightBytes.fp32
  const bandwidth = await readBandwidth(bytes, 2)
  medians['weights MB'] = rounded(bytes / 1e6)
  medians['read bandwidth GB/s'] = rounded(bandwidth / 1e9)
  medians['fp32 floor ms'] = rounded((bytes / bandwidth) * 1000)
  ratios['fp32 plain decoding/bandwidth limit'] = rounded(((bytes / bandwidth) * 1000) / plainMs)
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

function inputOf({ shape }: Target, rows: number): TargetInput {
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
