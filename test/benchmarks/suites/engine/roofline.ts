import { inspectCheckpoint, loadModel, type Target, type WeightFormat } from '@foretoken/model'
import { BandwidthMeter } from '../../bandwidth.ts'
import { median, rounded } from '../../report.ts'
import { inputOf, PAST } from '../../target-input.ts'
import { benchFolder, REFERENCE, type TargetFolders, writeWidened } from '../../widened/folder.ts'
import type { Section, SectionOptions } from './section.ts'

const ROWS = [1, 2, 4, 8, 16, 32, 64]
const WEIGHTS = ['fp32', 'int8', 'int4'] as const

/**
 * What a target run costs by rows and weights, on top of 256 cached tokens, and how near plain decoding in fp32 comes
 * to the time that reading its weights alone takes; of the reference and of one widened to 33 M parameters, which no
 * cache of a small processor holds.
 */
export async function measureRoofline({ quick, log }: SectionOptions): Promise<Section> {
  const medians: Record<string, number> = {}
  const ratios: Record<string, number> = {}
  const raw: Record<string, unknown> = {}
  const wide = await writeWidened({ folder: benchFolder('engine-wide'), copies: 4, layers: 6 })
  for (const [size, folders] of [['12M', REFERENCE] as const, ['33M', wide] as const]) {
    for (const weights of WEIGHTS) {
      const name = `${size} ${weights}`
      const measured = await measureFormat(folders, weights, quick)
      const { samples, plain, runtime } = measured
      const ms = (rows: number) => median(samples[ROWS.indexOf(rows)] ?? [])
      for (const rows of ROWS) medians[`${name} rows ${rows} ms`] = rounded(ms(rows))
      for (const rows of [8, 16]) ratios[`${name} rows ${rows}/rows 1`] = rounded(ms(rows) / ms(1))
      if (plain) {
        medians[`${name} plain step ms`] = rounded(median(plain.plainMs))
        medians[`${name} plain step floor ms`] = rounded(median(plain.floorMs))
        ratios[`${name} plain decoding/bandwidth limit`] = rounded(median(plain.floorMs) / median(plain.plainMs))
      }
      raw[name] = {
        runtime,
        plain,
        rows: Object.fromEntries(ROWS.map((rows, at) => [rows, samples[at]?.map((each) => rounded(each))])),
      }
      log(`roofline: ${name} on ${runtime}: 8 rows ${rounded(ms(8))} ms, 1 row ${rounded(ms(1))} ms`)
    }
  }
  await wide.delete()
  return { medians, ratios, raw }
}

async function measureFormat({ target: folder }: TargetFolders, weights: WeightFormat, quick: boolean) {
  const { target } = await loadModel(folder, { weights })
  try {
    const samples = await timeRows(target, quick ? 15 : 150)
    const plain = weights === 'fp32' ? await compareWithBandwidth(target, folder, quick ? 15 : 100) : null
    return { samples, plain, runtime: target.constructor.name }
  } finally {
    await target.close()
  }
}

/** Row counts alternate, so that drift touches all alike. */
async function timeRows(target: Target, passes: number): Promise<number[][]> {
  const inputs = ROWS.map((rows) => inputOf(target, rows))
  const samples: number[][] = ROWS.map(() => [])
  for (let pass = -WARM_UP; pass < passes; pass++) {
    for (const [index, input] of inputs.entries()) {
      const started = performance.now()
      await target.run(input)
      if (pass >= 0) samples[index]?.push(performance.now() - started)
    }
  }
  return samples
}

const WARM_UP = 5

/**
 * Plain decoding, one row after the other, in turns with reading as many bytes as such a step reads: the weights and
 * the cached rows. Both as medians, since the bandwidth of a shared machine drifts.
 */
async function compareWithBandwidth(target: Target, folder: string, rounds: number): Promise<Plain> {
  const { weightBytes, cacheBytesPerToken } = await inspectCheckpoint(folder)
  const bytes = weightBytes.fp32 + PAST * cacheBytesPerToken
  const meter = await BandwidthMeter.start(bytes, 2)
  const input = inputOf(target, 1)
  const plainMs: number[] = []
  const floorMs: number[] = []
  for (let round = -1; round < rounds; round++) {
    for (let step = 0; step < 10; step++) {
      const started = performance.now()
      await target.run(input)
      // The meter has just flushed the caches, and the first round warms up.
      if (step >= 2 && round >= 0) plainMs.push(rounded(performance.now() - started))
    }
    const floor = (bytes / (await meter.measure())) * 1000
    if (round >= 0) floorMs.push(rounded(floor))
  }
  await meter.close()
  return { bytes, plainMs, floorMs }
}

interface Plain {
  readonly bytes: number
  readonly plainMs: readonly number[]
  readonly floorMs: readonly number[]
}
