export { AcceptanceForecast } from './acceptance-forecast.ts'
export { ConfidenceCalibration } from './confidence.ts'
export { COMPARE_EVERY, type ComparisonVerdict, PairedComparison, PROBATION_STEPS } from './paired-comparison.ts'
