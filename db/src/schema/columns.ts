import { bigint, customType, timestamp } from 'drizzle-orm/pg-core'

/** A point in time; PostgreSQL keeps microseconds in UTC, JavaScript reads milliseconds. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

/** When the row was written, by the database's clock: several processes write, one clock orders them. */
export const createdAt = () => instant('created_at').notNull().defaultNow()

export const bytes = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })

/** An amount of money in nano-units, 10⁻⁹ of the currency's unit: eight bytes hold nine billion units. */
export const nano = (name: string) => bigint(name, { mode: 'bigint' })
