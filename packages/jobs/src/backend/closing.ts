/** What was opened, to be closed in the opposite order; all of it, whatever fails. */
export class Closing {
  private readonly steps: (() => Promise<unknown>)[] = []

  add(step: () => Promise<unknown>): void {
    this.steps.push(step)
  }

  /** @throws the first failure, after the last step. */
  async close(): Promise<void> {
    const failures: unknown[] = []
    for (const step of this.steps.splice(0).reverse()) {
      await step().catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }
}
