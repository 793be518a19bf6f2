import { sql } from 'drizzle-orm'
import { check, pgTable, text, unique } from 'drizzle-orm/pg-core'
import { createdAt, instant, nano } from './columns.ts'

/**
 * Versions of what a token costs, each in force from a moment on until the next one. Rows are only ever added, and never
 * for the past, so what a request costs follows from when it began and can be computed anew for ever.
 */
export const prices = pgTable(
  'prices',
  {
    id: text('id').primaryKey(),
    /** `*`: of every model without a version of its own by then. */
    model: text('model').notNull(),
    currency: text('currency').notNull(),
    /** Nano-units a token: see `@foretoken/metering`. */
    input: nano('input').notNull(),
    cachedInput: nano('cached_input').notNull(),
    output: nano('output').notNull(),
    batchInput: nano('batch_input').notNull(),
    batchCachedInput: nano('batch_cached_input').notNull(),
    batchOutput: nano('batch_output').notNull(),
    training: nano('training').notNull(),
    validFrom: instant('valid_from').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    /** Serves `priceInForce`: the last one of a model before a moment. */
    unique('prices_model_valid_from').on(table.model, table.validFrom),
    check('prices_currency', sql`${table.currency} ~ '^[A-Z]{3}$'`),
    check(
      'prices_rates',
      sql`least(${table.input}, ${table.cachedInput}, ${table.output}, ${table.batchInput},
        ${table.batchCachedInput}, ${table.batchOutput}, ${table.training}) >= 0`,
    ),
  ],
)
