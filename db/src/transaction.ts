import type { NodePgDatabase } from 'drizzle-orm/node-postgres'

/** What is inside a transaction. */
export type Transaction = Parameters<Parameters<NodePgDatabase['transaction']>[0]>[0]
