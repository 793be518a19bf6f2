import fc from 'fast-check'
import { describe, expect, it, test as property } from 'vitest'
import { formatAmount, formatPrice, parseAmount, parsePrice } from './money.ts'

describe('an amount of money', () => {
  property('reads back as it was written, to the last unit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }), (nano) => {
        expect(parseAmount(formatAmount(nano))).toBe(nano)
        expect(formatAmount(-nano)).toBe(nano === 0n ? '0' : `-${formatAmount(nano)}`)
      }),
    )
  })

  it.each(['', '-1', '1e3', '.5', '1.', '1.0000000001', 'Infinity', '12,5', ' 1'])('is never "%s"', (text) => {
    expect(parseAmount(text)).toBeNull()
  })
})

describe('a price', () => {
  it('per million tokens is a whole number of nano-units a token, or none', () => {
    expect(parsePrice('0.15')).toBe(150n)
    expect(parsePrice('0.001')).toBe(1n)
    expect(parsePrice('0.0005')).toBeNull()
    expect(formatPrice(150n)).toBe('0.15')
  })
})
