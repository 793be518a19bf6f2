/**
 * Lets so many things run at once, no two of one tenant, in the order in which they came: who sends what takes long waits
 * for it alone.
 */
export class Turns {
  private readonly running = new Set<string>()
  private readonly waiting: { readonly tenant: string; readonly start: () => void }[] = []

  constructor(private readonly concurrency: number) {}

  async take<Result>(tenant: string, work: () => Promise<Result>): Promise<Result> {
    await new Promise<void>((start) => {
      this.waiting.push({ tenant, start })
      this.startNext()
    })
    try {
      return await work()
    } finally {
      this.running.delete(tenant)
      this.startNext()
    }
  }

  private startNext(): void {
    while (this.running.size < this.concurrency) {
      const at = this.waiting.findIndex(({ tenant }) => !this.running.has(tenant))
      const [next] = at < 0 ? [] : this.waiting.splice(at, 1)
      if (!next) return
      this.running.add(next.tenant)
      next.start()
    }
  }
}
