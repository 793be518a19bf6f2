export { Accounts } from './accounts.ts'
export type { Decision, StepPlan } from './decision.ts'
export { drawAt } from './draw.ts'
export { type ArmOption, planStep, type SequenceState, type StepInput } from './plan.ts'
