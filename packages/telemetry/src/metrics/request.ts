import { Counter, Histogram, type Registry } from 'prom-client'
import { SECONDS_BETWEEN_TOKENS, SECONDS_OF_REQUEST, SECONDS_TO_FIRST_TOKEN, TOKENS_OF_REQUEST } from './buckets.ts'

export type RequestMetrics = ReturnType<typeof createRequestMetrics>

const labelNames = ['model_name'] as const

/** What a tenant experiences, measured where requests arrive: in the gateway. Names are vLLM's. */
export function createRequestMetrics(registry: Registry) {
  const registers = [registry]
  return {
    /**
     * From the arrival of a request to the last byte of its answer.
     * PromQL: `histogram_quantile(0.95, sum by (le) (rate(vllm:e2e_request_latency_seconds_bucket[5m])))`
     */
    requestSeconds: new Histogram({
      name: 'vllm:e2e_request_latency_seconds',
      help: 'Seconds from arrival to the end of the answer',
      labelNames,
      buckets: SECONDS_OF_REQUEST,
      registers,
    }),
    /**
     * From the arrival of a request to its first text.
     * PromQL: `histogram_quantile(0.95, sum by (le) (rate(vllm:time_to_first_token_seconds_bucket[5m])))`
     */
    firstTokenSeconds: new Histogram({
      name: 'vllm:time_to_first_token_seconds',
      help: 'Seconds from arrival to the first text',
      labelNames,
      buckets: SECONDS_TO_FIRST_TOKEN,
      registers,
    }),
    /**
     * Between texts of one choice. A verification step brings several tokens at once, as in vLLM.
     * PromQL: `histogram_quantile(0.5, sum by (le) (rate(vllm:inter_token_latency_seconds_bucket[5m])))`
     */
    interTokenSeconds: new Histogram({
      name: 'vllm:inter_token_latency_seconds',
      help: 'Seconds between consecutive texts of one choice',
      labelNames,
      buckets: SECONDS_BETWEEN_TOKENS,
      registers,
    }),
    /**
     * Requests that ended, by reason: stop, length, abort (the tenant left), error.
     * PromQL, share of errors: `sum(rate(vllm:request_success_total{finished_reason="error"}[5m]))
     * / sum(rate(vllm:request_success_total[5m]))`
     */
    requests: new Counter({
      name: 'vllm:request_success_total',
      help: 'Requests that ended, by reason',
      labelNames: ['model_name', 'finished_reason'] as const,
      registers,
    }),
    /**
     * Requests that were not admitted, by the limit that was reached: requests, tokens, streams, budget.
     * PromQL, refused a minute: `sum by (limit) (rate(foretoken:requests_denied_total[5m])) * 60`
     */
    denied: new Counter({
      name: 'foretoken:requests_denied_total',
      help: 'Requests that a limit of their tenant or key kept out',
      labelNames: ['limit'] as const,
      registers,
    }),
    /**
     * From the loss of a worker to the next word of another one, of answers that had begun.
     * PromQL, resumed a minute: `sum(rate(foretoken:resume_seconds_count[5m])) * 60`
     */
    resumeSeconds: new Histogram({
      name: 'foretoken:resume_seconds',
      help: 'Seconds until an answer went on whose worker was lost',
      labelNames,
      buckets: SECONDS_TO_FIRST_TOKEN,
      registers,
    }),
    /** PromQL, prompt tokens a second: `sum(rate(vllm:prompt_tokens_total[1m]))` */
    promptTokens: new Counter({
      name: 'vllm:prompt_tokens_total',
      help: 'Prompt tokens of ended requests',
      labelNames,
      registers,
    }),
    /** PromQL, generated tokens a second: `sum(rate(vllm:generation_tokens_total[1m]))` */
    completionTokens: new Counter({
      name: 'vllm:generation_tokens_total',
      help: 'Generated tokens of ended requests',
      labelNames,
      registers,
    }),
    /** PromQL, median: `histogram_quantile(0.5, sum by (le) (rate(vllm:request_prompt_tokens_bucket[1h])))` */
    promptTokensPerRequest: new Histogram({
      name: 'vllm:request_prompt_tokens',
      help: 'Prompt tokens of a request',
      labelNames,
      buckets: TOKENS_OF_REQUEST,
      registers,
    }),
    /** PromQL, median: `histogram_quantile(0.5, sum by (le) (rate(vllm:request_generation_tokens_bucket[1h])))` */
    completionTokensPerRequest: new Histogram({
      name: 'vllm:request_generation_tokens',
      help: 'Generated tokens of a request, all choices together',
      labelNames,
      buckets: TOKENS_OF_REQUEST,
      registers,
    }),
  }
}
