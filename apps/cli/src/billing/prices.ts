import { addPrice, listPrices, type PriceRefused } from '@foretoken/db'
import { formatPrice } from '@foretoken/metering'
import { CliError } from '../errors.ts'
import type { DatabaseCommandOptions } from '../options.ts'
import { print, printJson, renderTable } from '../output.ts'
import { choice, withDatabase } from '../platform/connect.ts'

export interface PriceOptions extends DatabaseCommandOptions {
  readonly input: bigint
  readonly output: bigint
  readonly cachedInput?: bigint
  readonly batchInput?: bigint
  readonly batchCachedInput?: bigint
  readonly batchOutput?: bigint
  readonly training: bigint
  readonly currency: string
  readonly from?: Date
}

/** By then every process agrees that it is in force: clocks differ by less, and what is being written is written. */
const LEAD_MS = 5_000

const COLUMNS = [
  'MODEL',
  'FROM',
  'CURRENCY',
  'INPUT',
  'CACHED',
  'OUTPUT',
  'BATCH INPUT',
  'CACHED',
  'OUTPUT',
  'TRAINING',
  'ID',
]

/** `foretoken billing prices`. */
export async function list(options: DatabaseCommandOptions): Promise<void> {
  const versions = await withDatabase(choice(options), ({ db }) => listPrices(db))
  const shown = versions.map(({ createdAt: _, ...version }) => ({
    ...version,
    input: formatPrice(version.input),
    cachedInput: formatPrice(version.cachedInput),
    output: formatPrice(version.output),
    batchInput: formatPrice(version.batchInput),
    batchCachedInput: formatPrice(version.batchCachedInput),
    batchOutput: formatPrice(version.batchOutput),
    training: formatPrice(version.training),
  }))
  if (options.json) return printJson(shown)
  if (shown.length === 0)
    return print('There are no prices, so everything is free. See: foretoken billing price --help')
  const rows = shown.map((each) => [
    ...[each.model, each.validFrom.toISOString(), each.currency, each.input, each.cachedInput, each.output],
    ...[each.batchInput, each.batchCachedInput, each.batchOutput, each.training, each.id],
  ])
  print(renderTable(COLUMNS, rows))
}

/** `foretoken billing price <model>`. */
export async function add(model: string, options: PriceOptions): Promise<void> {
  const { input, output, training, currency } = options
  if (!/^[A-Z]{3}$/.test(currency)) throw new CliError(`"${currency}" is no currency: three capitals, as USD.`)
  const cachedInput = options.cachedInput ?? input
  const rates = {
    ...{ input, cachedInput, output, training },
    batchInput: options.batchInput ?? half(input),
    batchCachedInput: options.batchCachedInput ?? half(cachedInput),
    batchOutput: options.batchOutput ?? half(output),
  }
  await withDatabase(choice(options), async ({ db }) => {
    const from = options.from ? { at: options.from } : { inMs: LEAD_MS }
    const added = await addPrice(db, { model, currency, ...rates }, from)
    if (!added.ok) throw new CliError(REFUSED[added.reason])
    const { id, validFrom } = added.price
    if (options.json) printJson({ id, model, validFrom })
    else print(`Price ${id} of ${model} is in force for what begins from ${validFrom.toISOString()} on.`)
  })
}

/** In the tenant's favour where a rate is odd. */
const half = (nano: bigint): bigint => nano / 2n

const REFUSED: Readonly<Record<PriceRefused, string>> = {
  in_the_past: 'A price comes into force from now on at the earliest: what began before was told another one.',
  other_currency:
    'All prices of a platform are in one currency, and there are some in another. See: foretoken billing prices',
  taken: 'There is a version of this price from that moment on. See: foretoken billing prices',
}
