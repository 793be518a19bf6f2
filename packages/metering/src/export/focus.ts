import { formatAmount, type Nano } from '../money.ts'
import { dayOf, spanOf } from '../periods.ts'
import { type Column, count, type ExportFacts, type ExportLine, money, savedTargetRuns, text } from './line.ts'

type Meter = 'input' | 'cached input' | 'output'

/** Charges of one day of one key, model, price, kind of token and draft. */
interface FocusCharge {
  readonly line: ExportLine
  readonly day: string
  readonly meter: Meter
  /** Of a period that was told before. */
  readonly correction: boolean
  readonly unitNano: Nano
  tokens: number
  nano: Nano
  requests: number
  draftTokens: number
  acceptedTokens: number
  savedTargetRuns: number
}

/**
 * Lines as charges in the sense of FOCUS 1.2 (FinOps Open Cost and Usage Specification): by day, so that they stay few.
 * What a closed period told otherwise is reversed and booked again, as `Correction`.
 */
export function focusCharges(lines: readonly ExportLine[]): readonly FocusCharge[] {
  const charges = new Map<string, FocusCharge>()
  for (const line of lines) {
    for (const part of partsOf(line)) {
      if (part.tokens === 0 && part.nano === 0n) continue
      add(charges, line, part)
    }
  }
  return [...charges].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, charge]) => charge)
}

interface Part {
  readonly meter: Meter
  readonly tokens: number
  readonly nano: Nano
  readonly unitNano: Nano
}

function partsOf(line: ExportLine): Part[] {
  return [
    { meter: 'input', tokens: line.inputTokens, nano: line.inputNano, unitNano: line.inputPrice },
    { meter: 'cached input', tokens: line.cachedTokens, nano: line.cachedNano, unitNano: line.cachedPrice },
    { meter: 'output', tokens: line.outputTokens, nano: line.outputNano, unitNano: line.outputPrice },
  ]
}

function add(charges: Map<string, FocusCharge>, line: ExportLine, { meter, tokens, nano, unitNano }: Part): void {
  const day = dayOf(line.finishedAt)
  const { kind, tenantId, keyId, model, priceId, draftVersion } = line
  const key = JSON.stringify([tenantId, day, keyId, model, meter, kind, priceId ?? '', draftVersion ?? ''])
  const none = { tokens: 0, nano: 0n, requests: 0, draftTokens: 0, acceptedTokens: 0, savedTargetRuns: 0 }
  const charge = charges.get(key) ?? { line, day, meter, correction: kind !== 'usage', unitNano, ...none }
  charges.set(key, charge)
  charge.tokens += tokens
  charge.nano += nano
  if (meter !== 'output') return
  // Once for each request, with what it is known by.
  charge.requests += kind === 'reversal' ? -1 : 1
  charge.draftTokens += line.draftTokens ?? 0
  charge.acceptedTokens += line.acceptedTokens ?? 0
  charge.savedTargetRuns += savedTargetRuns(line) ?? 0
}

/** FOCUS 1.2's mandatory columns, those of its conditional ones that say something here, and ours behind `x_`. */
export function focusColumns({ period, currency }: ExportFacts): readonly Column<FocusCharge>[] {
  const { from, to } = spanOf(period)
  const cost = (name: string) => money<FocusCharge>(name, ({ nano }) => nano)
  const price = (name: string) => money<FocusCharge>(name, ({ unitNano }) => unitNano)
  const fixed = (name: string, value: string | null) => text<FocusCharge>(name, () => value)
  return [
    cost('BilledCost'),
    text('BillingAccountId', ({ line }) => line.tenantId),
    text('BillingAccountName', ({ line }) => line.tenantName),
    fixed('BillingAccountType', 'Tenant'),
    fixed('BillingCurrency', currency),
    fixed('BillingPeriodEnd', instant(to)),
    fixed('BillingPeriodStart', instant(from)),
    fixed('ChargeCategory', 'Usage'),
    text('ChargeClass', ({ correction }) => (correction ? 'Correction' : null)),
    text('ChargeDescription', describe),
    fixed('ChargeFrequency', 'Usage-Based'),
    text('ChargePeriodEnd', ({ day }) => instant(new Date(Date.parse(day) + DAY_MS))),
    text('ChargePeriodStart', ({ day }) => instant(new Date(day))),
    count('ConsumedQuantity', ({ tokens }) => tokens),
    fixed('ConsumedUnit', 'Tokens'),
    cost('ContractedCost'),
    price('ContractedUnitPrice'),
    cost('EffectiveCost'),
    fixed('InvoiceIssuerName', ISSUER),
    cost('ListCost'),
    price('ListUnitPrice'),
    fixed('PricingCategory', 'Standard'),
    fixed('PricingCurrency', currency),
    count('PricingQuantity', ({ tokens }) => tokens),
    fixed('PricingUnit', 'Tokens'),
    fixed('ProviderName', ISSUER),
    fixed('PublisherName', ISSUER),
    text('ResourceId', ({ line }) => line.model),
    text('ResourceName', ({ line }) => line.model),
    fixed('ResourceType', 'Model'),
    fixed('ServiceCategory', 'AI and Machine Learning'),
    fixed('ServiceName', 'Inference'),
    fixed('ServiceSubcategory', 'Generative AI'),
    text('SkuId', skuOf),
    text('SkuMeter', ({ meter }) => `${capitalised(meter)} tokens`),
    text('SkuPriceId', (charge) => `${charge.line.priceId ?? 'free'}/${skuOf(charge)}`),
    text('SubAccountId', ({ line }) => line.keyId),
    text('SubAccountName', ({ line }) => line.keyId),
    fixed('SubAccountType', 'API key'),
    text('x_DraftVersion', ({ line }) => line.draftVersion),
    count('x_Requests', ({ requests }) => requests),
    count('x_DraftTokens', ({ draftTokens }) => draftTokens),
    count('x_AcceptedTokens', ({ acceptedTokens }) => acceptedTokens),
    count('x_SavedTargetRuns', (charge) => charge.savedTargetRuns),
  ]
}

const ISSUER = 'Foretoken'
const DAY_MS = 86_400_000

const skuOf = ({ line, meter }: FocusCharge): string => `${line.model}/${meter.replace(' ', '-')}`
const capitalised = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1)
/** FOCUS has seconds. */
const instant = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`

function describe({ line, meter, unitNano, correction }: FocusCharge): string {
  const what = `${capitalised(meter)} tokens of ${line.model} at ${formatAmount(unitNano)} a token`
  if (!correction) return what
  return line.kind === 'reversal' ? `${what}, billed before and taken back` : `${what}, of a period that was closed`
}
