export { type ExportLine, type LineKind, savedTargetRuns } from './line.ts'
export {
  EXPORT_FORMATS,
  type ExportFile,
  type ExportFormat,
  type Manifest,
  manifestOf,
  type PeriodFacts,
  periodFiles,
} from './period-files.ts'
