export * from './claim.ts'
export { nextPrefill } from './policy.ts'
export * from './scheduler.ts'
