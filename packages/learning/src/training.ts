/**
 * What training and judging a draft is made of, for those who look into it: benchmarks and experiments. Products use
 * `adaptTenant` and `trainStaticDraft`, which put these together.
 */
export { adapterArtifact } from './adapt/artifact.ts'
export { adapterTraining, type FittedAdapter, fitAdapter, hotList } from './adapt/fit.ts'
export { RecordedTarget } from './adapt/recorded-target.ts'
export { splitTraces, type TraceSplit } from './adapt/split.ts'
export { bestLookahead, expectedGoodput, expectedMs, type StepCosts } from './bring-up/goodput.ts'
export type { TrainableDraft } from './train/draft-graphs.ts'
export { examplesOf, type Reading } from './train/examples.ts'
export { seededRandom } from './train/random.ts'
export { acceptanceByPosition, acceptanceLength, played, Replay, type ReplayedTrace } from './train/replay.ts'
export { replayDraft } from './train/replay-draft.ts'
export { staticTraining } from './train/static-training.ts'
export { initialState, TrainingRun, type TrainingState } from './train/training-run.ts'
