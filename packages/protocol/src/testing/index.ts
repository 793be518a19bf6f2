export * from './scripted-worker.ts'
export * from './scripts.ts'
export * from './worker-conformance.ts'
