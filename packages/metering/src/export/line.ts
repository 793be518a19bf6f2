import type { Nano } from '../money.ts'
import type { Period } from '../periods.ts'

/**
 * `usage`: of this period. `late`: of a closed one, told only now. `reversal` and `rebooking`: a bill that a closed
 * period told otherwise, taken back and told anew. All but the first are corrections.
 */
export type LineKind = 'usage' | 'late' | 'reversal' | 'rebooking'

/**
 * One line of a period: what a request is billed, or was billed by mistake. Tokens and amounts of a reversal are
 * negative.
 */
export interface ExportLine {
  readonly kind: LineKind
  readonly requestId: string
  readonly revision: number
  readonly tenantId: string
  readonly tenantName: string
  readonly keyId: string
  readonly model: string
  readonly priceId: string | null
  readonly inputPrice: Nano
  readonly cachedPrice: Nano
  readonly outputPrice: Nano
  readonly startedAt: Date
  readonly finishedAt: Date
  readonly status: string
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
  readonly inputNano: Nano
  readonly cachedNano: Nano
  readonly outputNano: Nano
  readonly arm: string | null
  readonly draftVersion: string | null
  readonly draftTokens: number | null
  readonly acceptedTokens: number | null
  readonly verificationSteps: number | null
}

export interface ExportFacts {
  readonly period: Period
  readonly currency: string
}

/**
 * Runs of the target that speculation saved: each would have made one token. Shown, never charged; null where no worker
 * told how many there were.
 */
export function savedTargetRuns({ outputTokens, verificationSteps }: ExportLine): number | null {
  return verificationSteps === null ? null : outputTokens - verificationSteps
}

/** A kind of column, as Parquet has it; text formats write money with all its digits. */
export type ColumnType = 'text' | 'count' | 'money' | 'instant'
export type Cell = string | number | bigint | Date | null

export interface Column<Row> {
  readonly name: string
  readonly type: ColumnType
  readonly of: (row: Row) => Cell
}

/** A line as the files have it, in order. */
export function lineColumns({ period, currency }: ExportFacts): readonly Column<ExportLine>[] {
  return [
    text('period', () => period),
    text('line', ({ kind }) => kind),
    text('request_id', ({ requestId }) => requestId),
    count('revision', ({ revision }) => revision),
    text('tenant_id', ({ tenantId }) => tenantId),
    text('tenant_name', ({ tenantName }) => tenantName),
    text('key_id', ({ keyId }) => keyId),
    text('model', ({ model }) => model),
    text('price_id', ({ priceId }) => priceId),
    text('currency', () => currency),
    { name: 'started_at', type: 'instant', of: ({ startedAt }) => startedAt },
    { name: 'finished_at', type: 'instant', of: ({ finishedAt }) => finishedAt },
    text('status', ({ status }) => status),
    count('input_tokens', ({ inputTokens }) => inputTokens),
    count('cached_tokens', ({ cachedTokens }) => cachedTokens),
    count('output_tokens', ({ outputTokens }) => outputTokens),
    money('input_cost', ({ inputNano }) => inputNano),
    money('cached_cost', ({ cachedNano }) => cachedNano),
    money('output_cost', ({ outputNano }) => outputNano),
    money('total_cost', ({ inputNano, cachedNano, outputNano }) => inputNano + cachedNano + outputNano),
    text('x_arm', ({ arm }) => arm),
    text('x_draft_version', ({ draftVersion }) => draftVersion),
    count('x_draft_tokens', ({ draftTokens }) => draftTokens),
    count('x_accepted_tokens', ({ acceptedTokens }) => acceptedTokens),
    count('x_verification_steps', ({ verificationSteps }) => verificationSteps),
    count('x_saved_target_runs', savedTargetRuns),
  ]
}

export function text<Row>(name: string, of: Column<Row>['of']): Column<Row> {
  return { name, type: 'text', of }
}

export function count<Row>(name: string, of: Column<Row>['of']): Column<Row> {
  return { name, type: 'count', of }
}

export function money<Row>(name: string, of: Column<Row>['of']): Column<Row> {
  return { name, type: 'money', of }
}
