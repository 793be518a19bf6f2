import { describe, expect, it } from 'vitest'
import { billedTokens, charge, priceInForce } from './rates.ts'

const tokens = { promptTokens: 20, cachedTokens: 4, completionTokens: 30 }

describe('a bill', () => {
  it('is tokens times rates, cached ones apart, in whole units', () => {
    const bill = charge(tokens, { input: 100n, cachedInput: 10n, output: 1_000n })
    expect(bill).toMatchObject({ inputNano: 1_600n, cachedNano: 40n, outputNano: 30_000n, totalNano: 31_640n })
    expect(charge(tokens, null).totalNano).toBe(0n)
  })

  it('is for what was delivered, and for nothing where a failure came before it', () => {
    expect(billedTokens({ ...tokens, status: 'failed', completionTokens: 0 })).toMatchObject({ promptTokens: 0 })
    expect(billedTokens({ ...tokens, status: 'failed' })).toMatchObject(tokens)
    expect(billedTokens({ ...tokens, status: 'cancelled', completionTokens: 0 })).toMatchObject({ promptTokens: 20 })
  })
})

describe('the price in force', () => {
  it("is the model's latest by then, else that of any model", () => {
    const version = (model: string, day: number) => ({ model, validFrom: new Date(day) })
    const versions = [version('m', 5), version('*', 1), version('m', 3), version('*', 4)]
    expect(priceInForce(versions, 'm', new Date(4))).toEqual(version('m', 3))
    expect(priceInForce(versions, 'm', new Date(5))).toEqual(version('m', 5))
    expect(priceInForce(versions, 'm', new Date(2))).toEqual(version('*', 1))
    expect(priceInForce(versions, 'other', new Date(9))).toEqual(version('*', 4))
    expect(priceInForce(versions, 'm', new Date(0))).toBeNull()
  })
})
