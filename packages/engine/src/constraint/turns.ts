/** Lets so many things run at once; the others wait in their order. */
export class Turns {
  private free: number
  private readonly waiting: (() => void)[] = []

  constructor(concurrency: number) {
    this.free = concurrency
  }

  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.free > 0) this.free--
    else await new Promise<void>((resolve) => this.waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.waiting.shift()
      if (next) next()
      else this.free++
    }
  }
}
