import { z } from 'zod'

/** A point in time, ISO 8601 in UTC. */
export const timeSchema = z.iso.datetime()

/** The first or the last of an empty list is null; `after=<last_id>` asks for what follows. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    object: z.literal('list'),
    data: z.array(item),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  })
}

/** How long a list may be, in a URL. */
export const limitSchema = z.coerce.number().int().min(1).max(100).default(20)

/** A name as operators give it: visible, of one line. */
export const nameSchema = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^\p{C}\p{Z}]+(?: [^\p{C}\p{Z}]+)*$/u)

/** A tenant's, as it is written in commands and paths. */
export const tenantNameSchema = z.string().regex(/^(?!ten_)[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/)

/** An id in a path or a query. */
export const idSchema = z.string().regex(/^[a-z]{2,8}_[0-9A-Za-z_]{1,64}$/)
