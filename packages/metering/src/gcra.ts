/**
 * The generic cell rate algorithm (ITU-T I.371) as a bucket of one minute's worth: `freeUs` is when the bucket will be
 * full again, so that one number is its whole state. Whole microseconds, in the same arithmetic as the statement of
 * `@foretoken/db` that decides for all gateways; a test plays both side by side.
 *
 * A bucket may be in debt: tokens are known only when they were made, and what is too much then delays what comes next.
 */
export const WINDOW_US = 60_000_000

/** How long the bucket takes to make up for `amount`. */
export function refillUs(perMinute: number, amount: number): number {
  return Math.trunc((amount * WINDOW_US) / perMinute)
}

/** Whether `amount` is in the bucket now. */
export function hasRoom(perMinute: number, freeUs: number, nowUs: number, amount: number): boolean {
  return Math.max(freeUs, nowUs) + refillUs(perMinute, amount) <= nowUs + WINDOW_US
}

/** The bucket after `amount` was taken out; a negative amount puts some back. */
export function take(perMinute: number, freeUs: number, nowUs: number, amount: number): number {
  return Math.max(freeUs, nowUs) + refillUs(perMinute, amount)
}

/** What is in the bucket. */
export function remaining(perMinute: number, freeUs: number, nowUs: number): number {
  const missingUs = Math.max(0, freeUs - nowUs)
  return Math.max(0, Math.floor(((WINDOW_US - missingUs) * perMinute) / WINDOW_US))
}

/** How long until the bucket is full. */
export function fullInUs(freeUs: number, nowUs: number): number {
  return Math.max(0, freeUs - nowUs)
}

/** How long until `amount` is in the bucket; 0 where it is. */
export function roomInUs(perMinute: number, freeUs: number, nowUs: number, amount: number): number {
  return Math.max(0, Math.max(freeUs, nowUs) + refillUs(perMinute, amount) - WINDOW_US - nowUs)
}
