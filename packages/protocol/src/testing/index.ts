export * from './scripted-worker.ts'
export * from './scripts.ts'
