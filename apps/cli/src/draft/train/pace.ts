/** How fast a phase goes, from what it did lately: what was read from disk at its beginning says nothing. */
export interface Pace {
  /** Things done per second; null while that can't be said. */
  readonly rate: number | null
  readonly leftMs: number | null
}

interface Sample {
  readonly atMs: number
  readonly done: number
}

export class PaceMeter {
  private samples: Sample[] = []

  /** @param nowMs of a clock that only goes forward */
  observe(nowMs: number, done: number, total: number): Pace {
    const latest = this.samples.at(-1)
    if (latest && done < latest.done) this.samples = []
    if (!latest || nowMs - latest.atMs >= SAMPLE_MS || this.samples.length === 0) {
      this.samples.push({ atMs: nowMs, done })
      while ((this.samples[1]?.atMs ?? nowMs) < nowMs - WINDOW_MS) this.samples.shift()
    }
    const first = this.samples[0]
    if (!first || nowMs - first.atMs < SETTLE_MS || done <= first.done) return { rate: null, leftMs: null }
    const rate = ((done - first.done) / (nowMs - first.atMs)) * 1_000
    return { rate, leftMs: ((total - done) / rate) * 1_000 }
  }
}

const SAMPLE_MS = 500
const WINDOW_MS = 30_000
const SETTLE_MS = 2_000
