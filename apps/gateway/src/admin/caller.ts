import type { Admin, Database } from '@foretoken/db'
import type { z } from 'zod'
import { type Definition, operation } from '../endpoints/endpoint.ts'
import type { Permission } from './permissions.ts'

/** Who calls `/admin/v1`, and what is needed to serve them. */
export interface AdminCaller {
  readonly admin: Admin
  /** Acts on the admin's behalf, for this request. */
  readonly db: Database
  readonly pepper: Uint8Array
}

/** An operation of `/admin/v1`. */
export function adminOperation<Query extends z.ZodType, Body extends z.ZodType, Answer extends z.ZodType>(
  definition: Definition<AdminCaller, Permission, Query, Body, Answer>,
) {
  return operation(definition)
}
