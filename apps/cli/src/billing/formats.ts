import type { ExportFormat } from '@foretoken/metering/export'

/** Named here too, so that help does not load what writes them. */
export const EXPORT_FORMATS: readonly ExportFormat[] = ['csv', 'jsonl', 'parquet', 'focus', 'stripe']
