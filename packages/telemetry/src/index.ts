/**
 * How every Foretoken process tells what it does and how it ends: logs, metrics and the order of shutdown.
 *
 * Logs are JSON lines. They never hold prompts, completions or keys: callers log ids and counts, error texts are cut
 * where they may quote data, and redaction of known field names is the net below.
 *
 * Metrics carry vLLM's names where vLLM has one, so that its dashboards and Kubernetes' inference gateways work on
 * Foretoken unchanged. Each is declared in one place with the PromQL that reads it. No label names a tenant: truth
 * per tenant lives in Postgres, where it does not cost a time series each.
 *
 * A failing log or metric never fails a request.
 */
export * from './lifecycle.ts'
export * from './logger.ts'
export * from './metrics/adapters.ts'
export * from './metrics/engine.ts'
export * from './metrics/registry.ts'
export * from './metrics/request.ts'
export * from './outage.ts'
