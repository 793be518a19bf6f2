export {
  type Adapter,
  type AdapterSource,
  type AdapterValues,
  CLOSED_LOGIT,
  contentHash,
  contentHashAsync,
  emptyAdapter,
} from './adapter.ts'
export type {
  AdapterPoolEvents,
  AdapterPoolOptions,
  AdapterPoolStatistics,
} from './adapter-pool.ts'
export {
  ADAPTER_CONFIG_FILE,
  ADAPTER_WEIGHTS_FILE,
  type MeasuredAcceptance,
  type PooledRef,
} from './adapter-reader.ts'
export {
  DRAFT_CONFIG_FILE,
  DRAFT_WEIGHTS_FILE,
  type DraftArtifact,
  type DraftContents,
  decodeDraft,
  encodeDraft,
  readDraft,
} from './artifact.ts'
export type { ChainNoise, ChainStart, DraftedChain } from './chains.ts'
export { PointerContext, type PointerTables } from './context.ts'
export {
  type ConfidenceParameters,
  confidence,
  firstState,
  mixedShares,
  NORM_EPSILON,
  nextState,
  SHARE_MIN,
} from './definition.ts'
export { gateRows } from './graph/maps.ts'
export { SURVIVAL_MIN } from './native/native-chains.ts'
export { RecurrentDraft, type RecurrentDraftOptions } from './recurrent-draft.ts'
export {
  type AdapterShape,
  adapterParameters,
  type DraftPrecision,
  type DraftShape,
  draftParameters,
  type ParameterSpec,
  type ParameterTable,
  type PointerShape,
  parameterCount,
} from './shape.ts'
export { RecurrentSpeculator } from './speculator.ts'
export { DraftError, decodeParameters, encodeParameters, type Parameters } from './tensors.ts'
export { Tier } from './tiers/tier.ts'
export { DraftVocabulary, rowsOf, tokenInputs } from './vocabulary.ts'
