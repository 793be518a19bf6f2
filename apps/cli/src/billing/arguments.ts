import { parseAmount, parsePrice } from '@foretoken/metering'
import { InvalidArgumentError } from 'commander'

/** A price per million tokens, in nano-units a token. */
export function amountPerMillion(text: string): bigint {
  const nano = parsePrice(text)
  if (nano === null) throw new InvalidArgumentError('Expected an amount per million tokens, in steps of 0.001.')
  return nano
}

/** Commander makes an empty text of null, so that no limit needs a word. */
export type OrNone<Value> = Value | 'none'

/** An amount of money, or `none`. */
export function budget(text: string): OrNone<bigint> {
  if (text === 'none') return text
  const nano = parseAmount(text)
  if (nano === null) throw new InvalidArgumentError('Expected an amount such as 12.50, or "none".')
  return nano
}

/** A whole number above zero, or `none`. */
export function rate(text: string): OrNone<number> {
  if (text === 'none') return text
  const value = Number(text)
  if (/^\d{1,9}$/.test(text) && value > 0) return value
  throw new InvalidArgumentError('Expected a whole number above zero, or "none".')
}

export function moment(text: string): Date {
  const at = new Date(text)
  if (/^\d{4}-\d\d-\d\d(T.*(Z|[+-]\d\d:\d\d))?$/.test(text) && !Number.isNaN(at.getTime())) return at
  throw new InvalidArgumentError('Expected a moment such as 2027-01-01 or 2027-01-01T12:00:00Z.')
}
