import type { Logger } from './logger.ts'

/** The stages of every shutdown, in order. */
export const SHUTDOWN_STAGES = ['announce', 'stop admitting', 'drain', 'flush', 'close'] as const
export type ShutdownStage = (typeof SHUTDOWN_STAGES)[number]

export interface LifecycleOptions {
  readonly logger: Logger
  /** A stage that takes longer is left behind, so that shutdown always ends. */
  readonly stageMsMax?: Partial<Readonly<Record<ShutdownStage, number>>>
}

const STAGE_MS_MAX: Readonly<Record<ShutdownStage, number>> = {
  announce: 65_000,
  'stop admitting': 5_000,
  drain: 30_000,
  flush: 15_000,
  close: 5_000,
}

interface Step {
  readonly stage: ShutdownStage
  readonly name: string
  readonly run: () => unknown
}

/** The part of `process` that signals arrive through. */
export interface SignalSource {
  on(event: 'SIGINT' | 'SIGTERM' | 'disconnect', listener: () => void): unknown
  exit(code: number): void
}

/**
 * Owns the one ordered list of what ends a process: not ready → announce (whoever sends
 * work hears of it, and is given time to) → stop admitting → drain → flush → close. Modules add
 * their steps as they start. Within a stage steps run in the order of adding, except `close`, which runs in reverse:
 * what was opened last may rely on what was opened first. A step that fails is logged and the rest still runs.
 */
export class Lifecycle {
  private readonly steps: Step[] = []
  private ended: Promise<void> | null = null
  private isStarted = false

  constructor(private readonly options: LifecycleOptions) {}

  /** False before `markReady` and from the first moment of a shutdown. */
  get ready(): boolean {
    return this.isStarted && this.ended === null
  }

  get stopping(): boolean {
    return this.ended !== null
  }

  markReady(): void {
    this.isStarted = true
  }

  on(stage: ShutdownStage, name: string, run: () => unknown): void {
    this.steps.push({ stage, name, run })
  }

  /** Runs all stages once; later calls wait for the same shutdown. Never rejects. */
  shutdown(reason: string): Promise<void> {
    this.ended ??= this.runAll(reason)
    return this.ended
  }

  /**
   * The first SIGINT, SIGTERM, or the end of the parent process that spawned this one, starts the shutdown; a second
   * signal forces the exit at once.
   */
  listen(source: SignalSource = process): void {
    const stop = (reason: string) => {
      if (this.stopping) {
        this.options.logger.warn({ reason }, 'forced to exit')
        return source.exit(1)
      }
      void this.shutdown(reason).then(() => source.exit(0))
    }
    source.on('SIGINT', () => stop('SIGINT'))
    source.on('SIGTERM', () => stop('SIGTERM'))
    source.on('disconnect', () => {
      if (!this.stopping) stop('parent gone')
    })
  }

  private async runAll(reason: string): Promise<void> {
    this.options.logger.info({ reason }, 'shutting down')
    for (const stage of SHUTDOWN_STAGES) {
      const steps = this.steps.filter((step) => step.stage === stage)
      const limitMs = this.options.stageMsMax?.[stage] ?? STAGE_MS_MAX[stage]
      await this.runStage(stage, stage === 'close' ? steps.reverse() : steps, limitMs)
    }
    this.options.logger.info('shut down')
  }

  private async runStage(stage: ShutdownStage, steps: readonly Step[], limitMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), limitMs)
    })
    const done = this.runSteps(steps).then(() => 'done' as const)
    if ((await Promise.race([done, late])) === 'late') {
      this.options.logger.warn({ stage, limitMs }, 'left a stage of shutdown behind')
    }
    clearTimeout(timer)
  }

  private async runSteps(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      try {
        await step.run()
      } catch (err) {
        this.options.logger.error({ err, step: step.name }, 'a step of shutdown failed')
      }
    }
  }
}
