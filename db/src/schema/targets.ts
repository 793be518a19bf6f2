import { pgTable, text, unique } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/**
 * Every target that was ever served here: a name that tenants ask for, and the weights behind it at some time. What is
 * learned belongs to exactly one of these, so weights that change under a name leave what was learned of the old ones
 * where it is, and find nothing of their own.
 */
export const targets = pgTable(
  'targets',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    /** Of configuration, tokenizer and weights: see `targetFingerprint` of `@foretoken/model`. */
    fingerprint: text('fingerprint').notNull(),
    /** Of tokenizer and shape alone: targets of one form differ in their weights only. */
    form: text('form').notNull(),
    firstSeenAt: instant('first_seen_at').notNull().defaultNow(),
    /** When somebody served it or trained for it last, to the minute or so. */
    lastSeenAt: instant('last_seen_at').notNull().defaultNow(),
  },
  (table) => [
    /** Serves `registerTarget`, and by its first column `findTargets`. */
    unique('targets_identity').on(table.name, table.fingerprint),
  ],
)
