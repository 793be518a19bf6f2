export { type CardFacts, renderCard } from './card.ts'
export { CheckpointMismatch, dropCheckpoint, readCheckpoint, type TrainingIdentity } from './checkpoint.ts'
export { CHAIN, type DomainFigures } from './evaluate.ts'
export { type GenerationOptions, type GenerationProgress, generateTraces } from './generate.ts'
export { type DraftPrompt, promptsDigest, readPrompts } from './prompts.ts'
export { STATIC_SHAPE } from './shape.ts'
export {
  type DraftCard,
  type StaticTrainingOptions,
  type TrainedDraft,
  type TrainingProgress,
  trainingIdentity,
  trainStaticDraft,
} from './train.ts'
