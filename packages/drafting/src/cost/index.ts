export { CostTable, type DraftCosts } from './cost-table.ts'
export { COST_PLAN, type CostPlan, measureCosts } from './measure.ts'
export type { CostPoint } from './surface.ts'
