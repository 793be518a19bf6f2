/** Uniform in [0, 1), a function of its arguments alone, so that a run can be repeated (murmur3's finaliser). */
export function drawAt(seed: number, counter: number): number {
  let hash = Math.imul(seed, 0x9e3779b1) ^ Math.imul(counter, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
