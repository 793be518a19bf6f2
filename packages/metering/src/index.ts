/**
 * What things cost and how much of them there may be, as pure functions.
 *
 * Core idea: money is whole. Amounts are bigints in nano-units (10⁻⁹ of the currency's unit), prices are nano-units a
 * token, and a bill is a product and a sum, so that ledger, limits, invoices and exports agree to the last unit. Facts
 * are cumulative: a bill says what a request costs in all, never what is to be added, so that saying it twice changes
 * nothing.
 *
 * Invariants: same arguments, same answer; nothing here reads a clock, a file or a network. What the database decides in
 * one statement for all gateways (rating, admission) is written here a second time, to be read and to be compared with:
 * `test/money` plays both side by side.
 *
 * Failure: amounts and prices that can't be kept exactly are no amounts (null). Concurrency: none inside.
 */
export * from './account.ts'
export * from './allowance.ts'
export * from './gcra.ts'
export * from './money.ts'
export * from './periods.ts'
export * from './rates.ts'
