export { type ReferenceChain, type ReferenceDraft, type ReferenceStart, referenceChain } from '../reference.ts'
export * from './adapter-files.ts'
export * from './markov.ts'
export * from './random-draft.ts'
