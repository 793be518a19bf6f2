export { SUFFIX_DEFAULTS, type SuffixOptions, SuffixSpeculator } from './suffix-speculator.ts'
