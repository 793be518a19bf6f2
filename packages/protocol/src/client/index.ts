export * from './worker-client.ts'
