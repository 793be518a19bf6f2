import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { SECONDS_OF_REQUEST, SECONDS_TO_FIRST_TOKEN, TOKENS_OF_ITERATION } from './buckets.ts'

export type EngineMetrics = ReturnType<typeof createEngineMetrics>

const labelNames = ['model_name'] as const

/** What a worker's engine does. Names are vLLM's, so gateways that route by vLLM's load can route to a worker. */
export function createEngineMetrics(registry: Registry) {
  return {
    ...createLoadMetrics(registry),
    ...createPhaseMetrics(registry),
    ...createPrefixMetrics(registry),
    ...createSpeculationMetrics(registry),
  }
}

function createLoadMetrics(registry: Registry) {
  const registers = [registry]
  return {
    /** PromQL: `sum by (worker) (vllm:num_requests_running)` */
    requestsRunning: new Gauge({
      name: 'vllm:num_requests_running',
      help: 'Requests in the running batch',
      labelNames,
      registers,
    }),
    /** PromQL, a signal to scale on: `avg(vllm:num_requests_waiting) > 5` */
    requestsWaiting: new Gauge({
      name: 'vllm:num_requests_waiting',
      help: 'Requests that wait for a place in the batch',
      labelNames,
      registers,
    }),
    /**
     * What they wait for: `slots`, `memory`, or their turn after they were `preempted`.
     * PromQL, more memory would help: `vllm:num_requests_waiting_by_reason{reason=~"memory|preempted"} > 0`
     */
    waitingByReason: new Gauge({
      name: 'vllm:num_requests_waiting_by_reason',
      help: 'Requests that wait for a place in the batch, by what they wait for',
      labelNames: ['model_name', 'reason'] as const,
      registers,
    }),
    /** PromQL, how often work is done twice: `rate(vllm:num_preemptions_total[5m])` */
    preemptions: new Counter({
      name: 'vllm:num_preemptions_total',
      help: 'Sequences that lost their cache rows to others and are computed anew',
      labelNames,
      registers,
    }),
    /** Share between 0 and 1. PromQL: `max by (worker) (vllm:kv_cache_usage_perc)` */
    cacheUsage: new Gauge({
      name: 'vllm:kv_cache_usage_perc',
      help: 'Share of the KV cache in use, 0 to 1',
      labelNames,
      registers,
    }),
    /** PromQL, mean: `rate(vllm:iteration_tokens_total_sum[1m]) / rate(vllm:iteration_tokens_total_count[1m])` */
    iterationTokens: new Histogram({
      name: 'vllm:iteration_tokens_total',
      help: 'Rows of one target run: prompt and proposed tokens together',
      labelNames,
      buckets: TOKENS_OF_ITERATION,
      registers,
    }),
  }
}

function createPhaseMetrics(registry: Registry) {
  const registers = [registry]
  return {
    /** PromQL: `histogram_quantile(0.95, sum by (le) (rate(vllm:request_queue_time_seconds_bucket[5m])))` */
    queueSeconds: new Histogram({
      name: 'vllm:request_queue_time_seconds',
      help: 'Seconds from arrival at the worker to the first run',
      labelNames,
      buckets: SECONDS_TO_FIRST_TOKEN,
      registers,
    }),
    /** PromQL: `histogram_quantile(0.95, sum by (le) (rate(vllm:request_prefill_time_seconds_bucket[5m])))` */
    prefillSeconds: new Histogram({
      name: 'vllm:request_prefill_time_seconds',
      help: 'Seconds from the first run to the first token',
      labelNames,
      buckets: SECONDS_TO_FIRST_TOKEN,
      registers,
    }),
    /** PromQL: `histogram_quantile(0.95, sum by (le) (rate(vllm:request_decode_time_seconds_bucket[5m])))` */
    decodeSeconds: new Histogram({
      name: 'vllm:request_decode_time_seconds',
      help: 'Seconds from the first token to the last',
      labelNames,
      buckets: SECONDS_OF_REQUEST,
      registers,
    }),
  }
}

function createPrefixMetrics(registry: Registry) {
  const registers = [registry]
  return {
    prefixQueries: new Counter({
      name: 'vllm:prefix_cache_queries_total',
      help: 'Tokens of prompts that were looked up in the prefix cache',
      labelNames,
      registers,
    }),
    /**
     * PromQL, share of prompt tokens that were not run:
     * `rate(vllm:prefix_cache_hits_total[5m]) / rate(vllm:prefix_cache_queries_total[5m])`
     */
    prefixHits: new Counter({
      name: 'vllm:prefix_cache_hits_total',
      help: 'Tokens of prompts that the prefix cache had',
      labelNames,
      registers,
    }),
  }
}

function createSpeculationMetrics(registry: Registry) {
  const registers = [registry]
  return {
    /**
     * Verification steps that had a proposal.
     * PromQL, acceptance length τ: `1 + rate(vllm:spec_decode_num_accepted_tokens_total[5m])
     * / rate(vllm:spec_decode_num_drafts_total[5m])` – the bonus token counts, by convention.
     */
    drafts: new Counter({
      name: 'vllm:spec_decode_num_drafts_total',
      help: 'Proposals verified',
      labelNames,
      registers,
    }),
    draftTokens: new Counter({
      name: 'vllm:spec_decode_num_draft_tokens_total',
      help: 'Draft tokens verified',
      labelNames,
      registers,
    }),
    /**
     * PromQL, acceptance rate α: `rate(vllm:spec_decode_num_accepted_tokens_total[5m])
     * / rate(vllm:spec_decode_num_draft_tokens_total[5m])`
     */
    acceptedTokens: new Counter({
      name: 'vllm:spec_decode_num_accepted_tokens_total',
      help: 'Draft tokens accepted',
      labelNames,
      registers,
    }),
    /**
     * Position counts from 0. PromQL, survival by position:
     * `sum by (position) (rate(vllm:spec_decode_num_accepted_tokens_per_pos_total[5m]))
     * / ignoring(position) group_left sum(rate(vllm:spec_decode_num_drafts_total[5m]))`
     */
    acceptedTokensPerPosition: new Counter({
      name: 'vllm:spec_decode_num_accepted_tokens_per_pos_total',
      help: 'Draft tokens accepted, by position in the proposal',
      labelNames: ['model_name', 'position'] as const,
      registers,
    }),
  }
}
