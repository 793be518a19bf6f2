import type { Database } from '@foretoken/db'
import type { z } from 'zod'
import { type Definition, operation } from '../endpoints/endpoint.ts'
import type { AuthenticatedKey, KeyScope } from '../store.ts'

/** A tenant that manages itself. */
export interface TenantCaller {
  readonly key: AuthenticatedKey
  /** Acts on the key's behalf, for this request. */
  readonly db: Database
}

/** An operation of `/v1/foretoken`. It can touch nothing but the caller's own tenant: its paths name none. */
export function selfOperation<Query extends z.ZodType, Body extends z.ZodType, Answer extends z.ZodType>(
  definition: Definition<TenantCaller, KeyScope, Query, Body, Answer>,
) {
  return operation(definition)
}
