import { renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

export const controlSchema = z.strictObject({
  /** By process, how far its clock is ahead. */
  clocksMs: z.record(z.string(), z.number()).default({}),
  diskFull: z.boolean().default(false),
})
type Told = z.infer<typeof controlSchema>

/** By worker: where it listens, and the wire that leads there. */
export const placesSchema = z.record(z.string(), z.strictObject({ port: z.int(), url: z.url() }))
export type Places = z.infer<typeof placesSchema>

/** Tells processes, which read it by themselves, what to suffer from now on: see `preload.ts`. */
export class Control {
  private told: Told = { clocksMs: {}, diskFull: false }

  constructor(readonly file: string) {
    this.tell({})
  }

  tell(changes: Partial<Told>): void {
    this.told = { ...this.told, ...changes }
    writeFileSync(`${this.file}.new`, JSON.stringify(this.told))
    renameSync(`${this.file}.new`, this.file)
  }
}
