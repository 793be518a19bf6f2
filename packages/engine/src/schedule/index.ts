export { nextPrefill } from './policy.ts'
export * from './schedulable.ts'
export * from './scheduler.ts'
