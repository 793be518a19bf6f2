import type { Learning } from './learning.ts'
import type { Sample } from './sample.ts'

/** A tenant of the demo as far as it is shown. */
export interface Shown {
  readonly name: string
  readonly description: string
}

interface Streaming {
  readonly tenant: string
  readonly prompt: string
  readonly text: string
}

export interface Listener {
  onRound(round: number): void
  onLearning(tenant: string, learning: Learning): void
}

/** All that has happened so far: whoever plays tells it, whoever shows it reads. */
export class Story {
  readonly samples: Sample[] = []
  readonly learnings = new Map<string, Learning>()
  /** What goes on now, in a few words. */
  scene = ''
  /** The answer that streams right now. */
  streaming: Streaming = { tenant: '', prompt: '', text: '' }
  private listener: Listener | undefined

  constructor(readonly tenants: readonly Shown[]) {}

  listen(listener: Listener): void {
    this.listener = listener
  }

  /** A new answer begins; what is returned is told each piece of it. Of several at once the newest is shown. */
  answering(tenant: string, prompt: string): (text: string) => void {
    const own = { tenant, prompt, text: '' }
    this.streaming = own
    return (text) => {
      own.text += text
    }
  }

  answered(sample: Sample): void {
    this.samples.push(sample)
  }

  ended(round: number): void {
    this.listener?.onRound(round)
  }

  learned(tenant: string, learning: Learning): void {
    this.learnings.set(tenant, learning)
    this.listener?.onLearning(tenant, learning)
  }
}
