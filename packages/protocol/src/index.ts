export * from './rpc.ts'
