/**
 * Billing periods as finance sees them: files of what was billed in a month.
 *
 * Core idea: a closed period is a set of ledger ids. Which bills belong to it is decided by when they finished and by the
 * watermark that the ledger had when it was closed, both of which never change, so its files can be made again at any
 * time, anywhere, to the byte. What comes later, or turns out otherwise, is told by the next period that is open then, as
 * a correction: taken back, and booked anew.
 *
 * Invariants: the lines of all periods add up to the bills that stand, to the last unit. A folder in the object store is
 * an export once its `manifest.json` is there, which is written last and names every file with its SHA-256.
 *
 * Failure: whatever is left half-way is made again. Concurrency: several processes may export the same period at once;
 * they write the same bytes, and the first manifest stands.
 */
export { exportPeriod, type PeriodExport } from './export-period.ts'
export { type CloseRules, closeAndExport } from './schedule.ts'
export { exportKey, storeExport } from './store-export.ts'
