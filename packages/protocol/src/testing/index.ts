export * from './faulty-wire.ts'
export * from './scripted-worker.ts'
export * from './scripts.ts'
