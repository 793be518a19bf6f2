import type { Database } from '@foretoken/db'
import type { ObjectStore } from '@foretoken/storage'
import type { Settings } from './settings.ts'
import type { Story } from './story.ts'
import type { DemoTenant } from './tenants.ts'

/** What is played on: a running platform, its tenants, and how much is played. */
export interface Stage {
  readonly url: string
  readonly model: string
  readonly databaseUrl: string
  readonly db: Database
  readonly store: ObjectStore
  readonly tenants: readonly DemoTenant[]
  /** Whether there is a static draft: without one there is nothing to be adapted. */
  readonly teachable: boolean
  readonly settings: Settings
  /** Told what happens while it happens. */
  readonly story: Story
  readonly signal: AbortSignal
}
