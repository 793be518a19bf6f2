import { z } from 'zod'
import type { QueueContract } from '../queues.ts'

const payload = z.strictObject({ version: z.literal(1), text: z.string() })

export type TestPayload = z.infer<typeof payload>

/** What the tests' queues carry: short pauses, and leases that outlast a loaded machine's hiccups. */
export const TEST_CONTRACT: QueueContract<TestPayload> = {
  payload,
  retry: { attempts: 3, backoffMs: 20, jitter: 0.5 },
  leaseMs: 2_000,
}

export const textOf = (text: string): TestPayload => ({ version: 1, text })
