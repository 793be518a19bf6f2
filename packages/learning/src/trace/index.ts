export * from './archive.ts'
export * from './keys.ts'
export * from './recorder.ts'
export * from './segment.ts'
