/**
 * An amount of money in nano-units: 10⁻⁹ of the currency's unit. A price per token is one of them, so that a price of
 * 0.001 per million tokens is still whole, and nothing is ever rounded between a rate and a sum.
 */
export type Nano = bigint

const DIGITS = 9
const UNIT = 10n ** BigInt(DIGITS)
const TOKENS_PER_PRICE = 1_000_000n

/** `12.5` as nano-units; null for what is no decimal number of at most nine places, or does not fit eight bytes. */
export function parseAmount(text: string): Nano | null {
  const match = /^(\d{1,9})(?:\.(\d{1,9}))?$/.exec(text)
  if (!match) return null
  return BigInt(match[1] ?? '0') * UNIT + BigInt((match[2] ?? '').padEnd(DIGITS, '0'))
}

/** Exactly, without zeros at the end: `12.5`. */
export function formatAmount(nano: Nano): string {
  const sign = nano < 0n ? '-' : ''
  const magnitude = nano < 0n ? -nano : nano
  const places = String(magnitude % UNIT)
    .padStart(DIGITS, '0')
    .replace(/0+$/, '')
  return `${sign}${magnitude / UNIT}${places && `.${places}`}`
}

/** A price as people quote it, per million tokens, as nano-units a token; null where that would not be whole. */
export function parsePrice(text: string): Nano | null {
  const perMillion = parseAmount(text)
  if (perMillion === null || perMillion % TOKENS_PER_PRICE !== 0n) return null
  return perMillion / TOKENS_PER_PRICE
}

/** Nano-units a token as a price per million of them. */
export function formatPrice(nanoPerToken: Nano): string {
  return formatAmount(nanoPerToken * TOKENS_PER_PRICE)
}
