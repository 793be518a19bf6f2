/** Loads a few at a time, each key once, in the order in which they were asked for. Never rejects anybody's work. */
export class LoadQueue {
  /** Those that run are among them. */
  private readonly keys = new Set<string>()
  private readonly waiting: (() => Promise<void>)[] = []
  private running = 0

  constructor(private readonly limits: { readonly loadsMax: number; readonly waitingMax: number }) {}

  /** Nothing happens when the same key is under way already, or when too many wait. */
  add(key: string, load: () => Promise<void>): void {
    if (this.keys.has(key) || this.waiting.length >= this.limits.waitingMax) return
    this.keys.add(key)
    this.waiting.push(() => load().finally(() => this.keys.delete(key)))
    this.start()
  }

  private start(): void {
    while (this.running < this.limits.loadsMax) {
      const next = this.waiting.shift()
      if (!next) return
      this.running++
      void next().finally(() => {
        this.running--
        this.start()
      })
    }
  }
}
