import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** Fixed, so that secret scanners can recognise a leaked key. */
export const API_KEY_PREFIX = 'ftk_'

const SECRET_BYTES = 32
const CHECKSUM_BYTES = 4
/** Digits that hold the value of so many bytes in base 62: ⌈8·bytes / log2 62⌉. */
const SECRET_DIGITS = 43
const CHECKSUM_DIGITS = 6
const PATTERN = new RegExp(`^${API_KEY_PREFIX}[0-9A-Za-z]{${SECRET_DIGITS + CHECKSUM_DIGITS}}$`)

/**
 * `ftk_`, 256 random bits and a 32-bit checksum, both in base 62: one double click selects it all. The checksum
 * holds no secret; it lets a typing error, a cut-off paste or a made-up key be refused without a query.
 */
export function generateSecret(random: Buffer = randomBytes(SECRET_BYTES)): string {
  const body = API_KEY_PREFIX + base62(random, SECRET_DIGITS)
  return body + checksum(body)
}

/** Whether a string could be a key. Says nothing about whether it is one. */
export function isWellFormed(presented: string): boolean {
  if (!PATTERN.test(presented)) return false
  const body = presented.slice(0, -CHECKSUM_DIGITS)
  return timingSafeEqual(Buffer.from(checksum(body)), Buffer.from(presented.slice(-CHECKSUM_DIGITS)))
}

function checksum(body: string): string {
  return base62(createHash('sha256').update(body).digest().subarray(0, CHECKSUM_BYTES), CHECKSUM_DIGITS)
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

function base62(bytes: Buffer, digits: number): string {
  let rest = BigInt(`0x${bytes.toString('hex')}`)
  let text = ''
  for (let i = 0; i < digits; i++) {
    text = ALPHABET.charAt(Number(rest % 62n)) + text
    rest /= 62n
  }
  return text
}
