import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** Fixed, so that secret scanners can recognise a leaked key. The second is of an admin's credential. */
export const API_KEY_PREFIX = 'ftk_'
export const ADMIN_KEY_PREFIX = 'fta_'
type Prefix = typeof API_KEY_PREFIX | typeof ADMIN_KEY_PREFIX

const SECRET_BYTES = 32
const CHECKSUM_BYTES = 4
/** Digits that hold the value of so many bytes in base 62: ⌈8·bytes / log2 62⌉. */
const SECRET_DIGITS = 43
const CHECKSUM_DIGITS = 6
const PATTERN = new RegExp(`^ft[ka]_[0-9A-Za-z]{${SECRET_DIGITS + CHECKSUM_DIGITS}}$`)
const SHOWN_START_LENGTH = API_KEY_PREFIX.length + 4

/**
 * The prefix, 256 random bits and a 32-bit checksum, both in base 62: one double click selects it all. The checksum
 * holds no secret; it lets a typing error, a cut-off paste or a made-up key be refused without a query.
 */
export function generateSecret(random: Buffer = randomBytes(SECRET_BYTES), prefix: Prefix = API_KEY_PREFIX): string {
  const body = prefix + base62(random, SECRET_DIGITS)
  return body + checksum(body)
}

/** Whether a string could be a key. Says nothing about whether it is one. */
export function isWellFormed(presented: string, prefix: Prefix = API_KEY_PREFIX): boolean {
  if (!presented.startsWith(prefix) || !PATTERN.test(presented)) return false
  const body = presented.slice(0, -CHECKSUM_DIGITS)
  return timingSafeEqual(Buffer.from(checksum(body)), Buffer.from(presented.slice(-CHECKSUM_DIGITS)))
}

/** What of a secret is stored and shown, so that a person recognises it. */
export function shownPartsOf(secret: string) {
  return { shownStart: secret.slice(0, SHOWN_START_LENGTH), lastFour: secret.slice(-4) }
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
