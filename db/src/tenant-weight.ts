/** Bounds of a tenant's weight. Far smaller ones would push a worker's counters to where a double loses single tokens. */
export const TENANT_WEIGHT = { min: 0.01, max: 100 } as const
