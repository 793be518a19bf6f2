export { answerHistory, type HistoryAnswers } from './answer-history.ts'
export { readHistory } from './history.ts'
export { type HistoryOptions, type HistoryProgress, LearningEnded } from './types.ts'
