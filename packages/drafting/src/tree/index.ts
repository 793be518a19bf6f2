/** Token trees: two arms' proposals for one sequence, verified by one run of the target. */
export { type Chain, type Ranking, rankNodes } from './best-first.ts'
export { childOf, type DraftTree, mergeChains, treeSurvival } from './tree.ts'
