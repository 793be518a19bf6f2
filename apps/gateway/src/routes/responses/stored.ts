import { ApiError } from '@foretoken/protocol'
import type { Services } from '../../services.ts'
import type { ResponseChain, StoredResponse } from '../../store.ts'
import { within } from '../../within.ts'

const DAY_MS = 24 * 3_600_000

/** What a tenant may have stored. What is older, or too much, goes. */
const LIMITS = { keptMs: 30 * DAY_MS, countMax: 1_000, bytesMax: 64 * 1024 * 1024 }

/** The responses that tenants may come back to. A database that does not answer in time is an error of the request. */
export class StoredResponses {
  constructor(private readonly services: Pick<Services, 'store' | 'config' | 'logger'>) {}

  /** As much as a request may bring itself. */
  chain(tenantId: string, id: string): Promise<ResponseChain> {
    const { store, config } = this.services
    return this.ask(store.responseChain(tenantId, id, config.limits.bodyBytesMax))
  }

  find(tenantId: string, id: string): Promise<StoredResponse | null> {
    return this.ask(this.services.store.findResponse(tenantId, id))
  }

  delete(tenantId: string, id: string): Promise<boolean> {
    return this.ask(this.services.store.deleteResponse(tenantId, id))
  }

  /** False where it could not be stored: its answer is worth more than its memory, and says so. */
  async save(tenantId: string, response: StoredResponse): Promise<boolean> {
    try {
      await this.ask(this.services.store.saveResponse(tenantId, response, LIMITS))
      return true
    } catch (err) {
      this.services.logger.warn({ err, responseId: response.id }, 'response not stored')
      return false
    }
  }

  private async ask<Answer>(question: Promise<Answer>): Promise<Answer> {
    try {
      return await within(this.services.config.limits.databaseMsMax, question)
    } catch (cause) {
      throw new ApiError('storage_unavailable', { values: {}, internal: 'stored responses did not answer', cause })
    }
  }
}
