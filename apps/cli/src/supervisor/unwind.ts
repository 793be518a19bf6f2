type Close = () => Promise<void> | void | undefined

/** What was opened, in order. Closing goes the other way round, and one failure does not keep the rest open. */
export class Unwind {
  readonly #opened: { name: string; close: Close }[] = []
  #closing: Promise<void> | undefined

  constructor(private readonly log: (line: string) => void) {}

  /** What starts beside others adds itself before it starts, so that the order does not depend on who is faster. */
  add(name: string, close: Close): void {
    this.#opened.push({ name, close })
  }

  /** Calling it again waits for the same end. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll()
    return this.#closing
  }

  async #closeAll(): Promise<void> {
    for (const { name, close } of this.#opened.toReversed()) {
      try {
        await close()
      } catch (error) {
        this.log(`could not close ${name}: ${error instanceof Error ? error.message : error}`)
      }
    }
  }
}
