import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ADMIN_KEY_PREFIX, generateSecret, isWellFormed } from './format.ts'

const anySecret = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => generateSecret(Buffer.from(bytes)))

describe('API key format', () => {
  it('has one length and alphabet whatever the random bytes', () => {
    fc.assert(fc.property(anySecret, (secret) => /^ftk_[0-9A-Za-z]{49}$/.test(secret) && isWellFormed(secret)))
  })

  it('maps different random bytes to different keys', () => {
    expect(generateSecret(Buffer.alloc(32, 0))).not.toBe(generateSecret(Buffer.alloc(32, 1)))
    expect(new Set(Array.from({ length: 1000 }, () => generateSecret())).size).toBe(1000)
  })

  it('refuses a key with any one character changed', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
    fc.assert(
      fc.property(anySecret, fc.nat({ max: 52 }), fc.constantFrom(...alphabet), (secret, at, character) => {
        fc.pre(secret.charAt(at) !== character)
        return !isWellFormed(secret.slice(0, at) + character + secret.slice(at + 1))
      }),
    )
  })

  it("tells a tenant's key from an admin's credential", () => {
    const admin = generateSecret(Buffer.alloc(32, 1), ADMIN_KEY_PREFIX)
    expect(isWellFormed(admin, ADMIN_KEY_PREFIX)).toBe(true)
    expect(isWellFormed(admin)).toBe(false)
    expect(isWellFormed(generateSecret(), ADMIN_KEY_PREFIX)).toBe(false)
  })

  it('refuses what was cut off, padded or made up', () => {
    const secret = generateSecret()
    const wrong = ['', 'ftk_', secret.slice(0, -1), `${secret}A`, ` ${secret}`, `${secret}\n`, secret.toUpperCase()]
    expect(wrong.filter((presented) => isWellFormed(presented))).toEqual([])
  })
})
