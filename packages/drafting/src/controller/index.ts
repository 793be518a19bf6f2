export { Accounts } from './accounts.ts'
export { type BackOff, NO_BACK_OFF, nextBackOff } from './back-off.ts'
export type { Branch } from './branch.ts'
export type { Decision, StepPlan } from './decision.ts'
export { type ArmRequest, type DraftPlan, planDrafts, WORTH_A_ROW } from './draft-plan.ts'
export { drawAt } from './draw.ts'
export type { ArmOption, DraftedOption, Forced, ForecastOption, SequenceState } from './offer.ts'
export { planStep, type StepInput } from './plan.ts'
export {
  type StrategyAdvice,
  StrategyEvidence,
  type StrategyOutcome,
  type StrategyQuestion,
} from './strategy-evidence.ts'
