export { ConfidenceCalibration } from './confidence.ts'
export { DUEL_EVERY, Duel, type DuelVerdict, PROBATION_STEPS } from './duel.ts'
