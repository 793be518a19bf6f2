import type { ServerResponse } from 'node:http'
import { ApiError } from '@foretoken/protocol'

/**
 * The requests that generate right now. It is where shutdown stops admitting, waits, and at last ends what is left;
 * each request has its own controller, so that a client that hangs up ends only its own.
 */
export class InFlight {
  private readonly controllers = new Set<AbortController>()
  private admitting = true
  private onEmpty: (() => void) | null = null

  get size(): number {
    return this.controllers.size
  }

  /**
   * A controller that aborts when the client's connection closes, unless the request goes on without it. Pair with
   * `leave`.
   */
  enter(outgoing: Pick<ServerResponse, 'destroyed' | 'once'>, { detached = false } = {}): AbortController {
    if (!this.admitting) throw new ApiError('shutting_down', { values: {} })
    const controller = new AbortController()
    if (detached) {
      this.controllers.add(controller)
      return controller
    }
    if (outgoing.destroyed) controller.abort(CLIENT_GONE)
    else outgoing.once('close', () => controller.abort(CLIENT_GONE))
    this.controllers.add(controller)
    return controller
  }

  leave(controller: AbortController): void {
    this.controllers.delete(controller)
    if (this.controllers.size === 0) this.onEmpty?.()
  }

  stopAdmitting(): void {
    this.admitting = false
  }

  /** Waits for all to end; after `msMax` the rest is told `shutting_down`, in the middle of its answer if need be. */
  async drain(msMax: number): Promise<void> {
    if (this.controllers.size === 0) return
    const timer = setTimeout(() => {
      for (const controller of this.controllers) controller.abort(new ApiError('shutting_down', { values: {} }))
    }, msMax)
    await new Promise<void>((resolve) => {
      this.onEmpty = resolve
    })
    clearTimeout(timer)
  }
}

/** The reason of a request whose client hung up, or stopped reading. Nobody is left to tell. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'
}

/** One for all: it says the same each time, and making an error costs a stack trace. */
export const CLIENT_GONE = new ClientGone('the client is gone')
