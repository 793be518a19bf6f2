import { sql } from 'drizzle-orm'
import {
  bigint,
  check,
  date,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  smallint,
  text,
} from 'drizzle-orm/pg-core'
import { instant, nano } from './columns.ts'
import { apiKeys } from './keys.ts'
import { tenants } from './tenants.ts'

/**
 * What a tenant, or one of its keys, may use, and what it has used: limits and the state that they are checked against
 * are one row, so that one lock covers both. Only who has, or once had, limits has a row.
 */
export const accounts = pgTable(
  'accounts',
  {
    /** The tenant's or the key's own. */
    id: text('id').primaryKey(),
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    /** Null: of the whole tenant. */
    keyId: text('key_id'),
    /** Null: no limit. */
    requestsPerMinute: integer('requests_per_minute'),
    tokensPerMinute: integer('tokens_per_minute'),
    streamsMax: integer('streams_max'),
    dayNanoMax: nano('day_nano_max'),
    monthNanoMax: nano('month_nano_max'),
    /** When the minute's bucket is full again, in microseconds of Unix time: see `gcra.ts` of `@foretoken/metering`. */
    requestsFreeUs: bigint('requests_free_us', { mode: 'number' }).notNull().default(0),
    tokensFreeUs: bigint('tokens_free_us', { mode: 'number' }).notNull().default(0),
    /** How many reservations there are, and their sum: what runs now, whenever it began. */
    streams: integer('streams').notNull().default(0),
    reservedNano: nano('reserved_nano').notNull().default(sql`0`),
    /** The bills of what finished in this day and month, in UTC. */
    day: date('day').notNull(),
    daySpentNano: nano('day_spent_nano').notNull().default(sql`0`),
    month: date('month').notNull(),
    monthSpentNano: nano('month_spent_nano').notNull().default(sql`0`),
  },
  (table) => [
    foreignKey({ columns: [table.tenantId, table.keyId], foreignColumns: [apiKeys.tenantId, apiKeys.id] }),
    /** Serves `listLimits`. */
    index('accounts_tenant_id').on(table.tenantId),
    check('accounts_id', sql`${table.id} = coalesce(${table.keyId}, ${table.tenantId})`),
    check('accounts_rates', sql`least(${table.requestsPerMinute}, ${table.tokensPerMinute}, ${table.streamsMax}) > 0`),
    check('accounts_budgets', sql`least(${table.dayNanoMax}, ${table.monthNanoMax}) >= 0`),
    check('accounts_state', sql`${table.streams} >= 0 and ${table.reservedNano} >= 0`),
  ],
)

/**
 * What running requests of such tenants may still cost: taken from the budget before it is delivered. A row goes, and
 * its money moves to what is spent, with the request's bill; one whose lease ran out is of a gateway that is gone.
 */
export const reservations = pgTable(
  'reservations',
  {
    requestId: text('request_id').notNull(),
    attempt: smallint('attempt').notNull(),
    gatewayId: text('gateway_id').notNull(),
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    keyId: text('key_id').notNull(),
    grantedNano: nano('granted_nano').notNull(),
    /** Counted against the tokens of a minute so far. */
    tokens: integer('tokens').notNull(),
    leaseUntil: instant('lease_until').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.requestId, table.attempt] }),
    /** Serves `releaseReservations`. */
    index('reservations_lease_until').on(table.leaseUntil),
    /** Serves `setLimits`. */
    index('reservations_tenant_id').on(table.tenantId),
  ],
)
