import { isPlainFrame } from './plain-frames.ts'
import { type Frame, frameSchema } from './rpc.ts'

const NEWLINE = 0x0a
const FRAME_BYTES_MAX = 1_048_576

export function encodeFrame(frame: Frame): string {
  return `${JSON.stringify(frame)}\n`
}

/** The peer broke the contract: nothing more can be read from this stream. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

/**
 * Reads NDJSON frames from chunks that may be split anywhere, also inside a character. It accepts exactly the streams
 * that the contract allows: valid frames of bounded size, one `start` first (or an `error` alone), and `end` or
 * `error` last. Messages of its errors never quote the stream, which holds completions.
 */
export class FrameDecoder {
  private pending: Uint8Array[] = []
  private pendingBytes = 0
  private previous: Frame['type'] | null = null

  constructor(private readonly bytesMax = FRAME_BYTES_MAX) {}

  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = []
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      this.keep(chunk.subarray(from, at))
      frames.push(this.take())
      from = at + 1
    }
    this.keep(chunk.subarray(from))
    return frames
  }

  /** Call at the end of the stream. */
  finish(): void {
    if (this.pendingBytes > 0) throw new FrameError('the stream ended inside a frame')
    if (!this.ended) throw new FrameError('the stream ended without an end or error frame')
  }

  private get ended(): boolean {
    return this.previous === 'end' || this.previous === 'error'
  }

  private keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.pendingBytes += bytes.length
    if (this.pendingBytes > this.bytesMax) throw new FrameError(`a frame is larger than ${this.bytesMax} bytes`)
    this.pending.push(bytes)
  }

  private take(): Frame {
    const line = this.pending.length === 1 ? this.pending[0] : Buffer.concat(this.pending)
    this.pending = []
    this.pendingBytes = 0
    const frame = parseFrame(line ?? new Uint8Array())
    if (this.ended) throw new FrameError(`a ${frame.type} frame after the end`)
    if ((this.previous === null) !== (frame.type === 'start') && !(this.previous === null && frame.type === 'error')) {
      throw new FrameError(`a ${frame.type} frame out of order`)
    }
    this.previous = frame.type
    return frame
  }
}

/**
 * Frames of one answer, in order, those together that came together: a step of a generator costs more than a frame.
 * Throws FrameError when the peer breaks the contract or the stream ends early.
 */
export async function* readFrames(
  source: AsyncIterable<Uint8Array>,
  bytesMax = FRAME_BYTES_MAX,
): AsyncGenerator<readonly Frame[]> {
  const decoder = new FrameDecoder(bytesMax)
  for await (const chunk of source) {
    const frames = decoder.push(chunk)
    if (frames.length > 0) yield frames
  }
  decoder.finish()
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function parseFrame(line: Uint8Array): Frame {
  let value: unknown
  try {
    value = JSON.parse(utf8.decode(line))
  } catch {
    throw new FrameError('a frame is not JSON in UTF-8')
  }
  if (isPlainFrame(value)) return value
  const parsed = frameSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const where = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.code}`).join(', ')
  throw new FrameError(`a frame breaks the schema: ${where}`)
}
