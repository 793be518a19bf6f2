import { TRACE_TOP, type Trace } from '@foretoken/engine'
import { decodeSafetensors, elements, encodeSafetensors, type SafeTensor, tensorOf } from '@foretoken/storage'
import { z } from 'zod'

/** What all traces of a segment share. */
export interface SegmentOrigin {
  readonly tenant: string
  /** Fingerprint of the target whose hidden states these are: those of another can't be learned from. */
  readonly target: string
  readonly hiddenSize: number
}

export interface Segment extends SegmentOrigin {
  readonly traces: readonly Trace[]
}

/** The bytes are no segment, or not a whole one. */
export class SegmentError extends Error {
  override readonly name = 'SegmentError'
}

const FORMAT = 'foretoken-traces/1'

const metadataSchema = z.object({
  format: z.literal(FORMAT),
  tenant: z.string(),
  target: z.string(),
  requests: z.string().transform((text) => (text === '' ? [] : text.split('\n'))),
})

/**
 * Several traces as one safetensors file. With T traces, N completion tokens and P prompt tokens in all, d the hidden
 * width and K = TRACE_TOP:
 *
 *   prompts [P] · tokens [N] · hidden [N + T, d] F16 · top_ids [N, K] · top_logprobs [N, K] · arms [N] U8
 *   temperatures [T] · prompt_ends [T] · token_ends [T]: trace t holds prompts[ends[t - 1] .. ends[t]], and so on
 */
export function encodeSegment(traces: readonly Trace[], origin: SegmentOrigin): Uint8Array {
  const { hiddenSize } = origin
  const ends = (lengthOf: (trace: Trace) => number) => {
    let end = 0
    return Int32Array.from(traces, (trace) => {
      end += lengthOf(trace)
      return end
    })
  }
  const promptEnds = ends(({ prompt }) => prompt.length)
  const tokenEnds = ends(({ tokens }) => tokens.length)
  const [prompts, tokens] = [promptEnds.at(-1) ?? 0, tokenEnds.at(-1) ?? 0]
  const joined = <A extends { set(values: A, offset: number): void; readonly length: number }>(
    target: A,
    pick: (trace: Trace) => A,
  ): A => {
    let offset = 0
    for (const trace of traces) {
      const values = pick(trace)
      target.set(values, offset)
      offset += values.length
    }
    return target
  }
  const rows = tokens + traces.length
  const tensors = {
    prompts: tensorOf(
      'I32',
      [prompts],
      joined(new Int32Array(prompts), (trace) => trace.prompt),
    ),
    tokens: tensorOf(
      'I32',
      [tokens],
      joined(new Int32Array(tokens), (trace) => trace.tokens),
    ),
    hidden: tensorOf(
      'F16',
      [rows, hiddenSize],
      joined(new Uint16Array(rows * hiddenSize), (trace) => trace.hidden),
    ),
    top_ids: tensorOf(
      'I32',
      [tokens, TRACE_TOP],
      joined(new Int32Array(tokens * TRACE_TOP), (trace) => trace.topIds),
    ),
    top_logprobs: tensorOf(
      'F32',
      [tokens, TRACE_TOP],
      joined(new Float32Array(tokens * TRACE_TOP), (trace) => trace.topLogprobs),
    ),
    arms: tensorOf(
      'U8',
      [tokens],
      joined(new Uint8Array(tokens), (trace) => trace.arms),
    ),
    temperatures: tensorOf(
      'F32',
      [traces.length],
      Float32Array.from(traces, ({ temperature }) => temperature),
    ),
    prompt_ends: tensorOf('I32', [traces.length], promptEnds),
    token_ends: tensorOf('I32', [traces.length], tokenEnds),
  }
  const requests = traces.map(({ request }) => request).join('\n')
  return encodeSafetensors(tensors, { format: FORMAT, tenant: origin.tenant, target: origin.target, requests })
}

/**
 * The traces share the segment's memory; nothing is copied.
 *
 * @throws SegmentError, or SafetensorsError where the bytes are no such file at all.
 */
export function decodeSegment(bytes: Uint8Array): Segment {
  const { tensors, metadata } = decodeSafetensors(bytes)
  const parsed = metadataSchema.safeParse(metadata)
  if (!parsed.success) throw new SegmentError(`its metadata is not that of ${FORMAT}`)
  const { tenant, target, requests } = parsed.data
  const columns = readColumns(tensors)
  if (requests.length !== columns.temperatures.length) throw new SegmentError('it names another number of requests')
  const traces = requests.map((request, index) => traceAt(columns, { tenant, request, index }))
  return { tenant, target, hiddenSize: columns.hiddenSize, traces }
}

type Columns = ReturnType<typeof readColumns>

function readColumns(tensors: ReadonlyMap<string, SafeTensor>) {
  const get = (name: string, dtype: SafeTensor['dtype'], shape: readonly (number | undefined)[]) => {
    const tensor = tensors.get(name)
    const fits =
      tensor?.shape.length === shape.length && shape.every((size, i) => size === undefined || tensor.shape[i] === size)
    if (!tensor || tensor.dtype !== dtype || !fits) throw new SegmentError(`its tensor ${name} is missing or misshapen`)
    return tensor
  }
  const temperatures = elements(get('temperatures', 'F32', [undefined]), Float32Array)
  const count = temperatures.length
  const prompts = elements(get('prompts', 'I32', [undefined]), Int32Array)
  const tokens = elements(get('tokens', 'I32', [undefined]), Int32Array)
  const hidden = get('hidden', 'F16', [tokens.length + count, undefined])
  const columns = {
    temperatures,
    prompts,
    tokens,
    hidden: elements(hidden, Uint16Array),
    hiddenSize: hidden.shape[1] ?? 0,
    topIds: elements(get('top_ids', 'I32', [tokens.length, TRACE_TOP]), Int32Array),
    topLogprobs: elements(get('top_logprobs', 'F32', [tokens.length, TRACE_TOP]), Float32Array),
    arms: elements(get('arms', 'U8', [tokens.length]), Uint8Array),
    promptEnds: elements(get('prompt_ends', 'I32', [count]), Int32Array),
    tokenEnds: elements(get('token_ends', 'I32', [count]), Int32Array),
  }
  checkEnds(columns.promptEnds, prompts.length)
  checkEnds(columns.tokenEnds, tokens.length)
  return columns
}

/** Never decreasing, and the last one is the end of all. */
function checkEnds(ends: Int32Array, total: number): void {
  let previous = 0
  for (const end of ends) {
    if (end < previous) throw new SegmentError('its traces overlap')
    previous = end
  }
  if (previous !== total) throw new SegmentError('its traces do not add up')
}

function traceAt(columns: Columns, at: { tenant: string; request: string; index: number }): Trace {
  const { promptEnds, tokenEnds, hiddenSize: d } = columns
  const { index, ...names } = at
  const [from, to] = [tokenEnds[index - 1] ?? 0, tokenEnds[index] ?? 0]
  return {
    ...names,
    prompt: columns.prompts.subarray(promptEnds[index - 1] ?? 0, promptEnds[index]),
    tokens: columns.tokens.subarray(from, to),
    // Each trace before this one has one row more than it has tokens.
    hidden: columns.hidden.subarray((from + index) * d, (to + index + 1) * d),
    topIds: columns.topIds.subarray(from * TRACE_TOP, to * TRACE_TOP),
    topLogprobs: columns.topLogprobs.subarray(from * TRACE_TOP, to * TRACE_TOP),
    temperature: columns.temperatures[index] ?? 0,
    arms: columns.arms.subarray(from, to),
  }
}
