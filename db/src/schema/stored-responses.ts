import { index, integer, json, pgTable, text } from 'drizzle-orm/pg-core'
import { createdAt, instant } from './columns.ts'
import { tenants } from './tenants.ts'

/**
 * Answers of /v1/responses that a tenant may come back to, with what was asked: customers' content in plain text, the
 * only such in the database. A row goes when it is deleted, when it expires, when the tenant's newer ones need its
 * place, and when the tenant is forgotten or revoked.
 */
export const storedResponses = pgTable(
  'stored_responses',
  {
    id: text('id').primaryKey(),
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    /** The response that this one went on from. Its text is there only: deleting it deletes its text. */
    previousId: text('previous_id'),
    createdAt: createdAt(),
    expiresAt: instant('expires_at').notNull(),
    /** Of `input` and `response`, as JSON text. */
    bytes: integer('bytes').notNull(),
    /** What was new in this request. As text: jsonb takes neither NUL nor half a character. */
    input: json('input').$type<readonly unknown[]>().notNull(),
    /** As it was answered. */
    response: json('response').$type<Readonly<Record<string, unknown>>>().notNull(),
  },
  (table) => [
    /** Serves `saveResponse`: a tenant's newest. Ids sort by time. */
    index('stored_responses_tenant').on(table.tenantId, table.id),
    /** Serves `removeExpiredResponses`. */
    index('stored_responses_expires_at').on(table.expiresAt),
  ],
)
