import { startProgress } from '../../progress.ts'
import type { Report } from '../../report.ts'
import type { SuiteOptions } from '../../suite.ts'
import { measureAdapterMix } from './adapter-mix.ts'
import { measureBatches } from './batches.ts'
import { measureCapacity } from './capacity.ts'
import { measureRoofline } from './roofline.ts'
import { mergeSections, type Section } from './section.ts'
import { measureShares } from './shares.ts'

/**
 * How close the engine comes to what the hardware allows: runs of the target against reading its weights and by rows,
 * many sequences in one batch against one, different adapters against one, what the cache's capacity costs, and where
 * the time of a step goes.
 */
export async function run({ quick }: SuiteOptions): Promise<Report> {
  const log = startProgress()
  const options = { quick, log }
  const sections: Record<string, Section> = {
    roofline: await measureRoofline(options),
    batches: await measureBatches(options),
    adapterMix: await measureAdapterMix(options),
    capacity: await measureCapacity(options),
    shares: await measureShares(options),
  }
  return mergeSections('engine', sections)
}
