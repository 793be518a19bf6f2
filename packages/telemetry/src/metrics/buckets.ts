/** Buckets in seconds, vLLM's with finer steps at the low end, where small targets live. */
export const SECONDS_TO_FIRST_TOKEN = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160,
]
export const SECONDS_BETWEEN_TOKENS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 10,
]
export const SECONDS_OF_REQUEST = [0.05, 0.1, 0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240]
export const TOKENS_OF_REQUEST = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000]
export const TOKENS_OF_ITERATION = [1, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192]
