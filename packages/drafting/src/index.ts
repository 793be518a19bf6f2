export * from './speculator.ts'
