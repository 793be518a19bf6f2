import { availableParallelism } from 'node:os'
import { serialise } from '@foretoken/graph'
import { kernels } from '@foretoken/native'
import { InferenceSession, listSupportedBackends } from '@foretoken/onnx-runtime'
import { type Checkpoint, openCheckpoint } from '../checkpoint/checkpoint.ts'
import type { WeightFormat } from '../graph/projection.ts'
import { buildTargetGraph } from '../graph/target-graph.ts'
import type { Target } from '../target.ts'
import { NativeTarget } from './native-target.ts'
import { OnnxTarget } from './onnx-target.ts'
import { quantisedRowsMin } from './quantised-rows.ts'
import { sessionOptions } from './session-options.ts'

export interface TargetOptions {
  readonly weights?: WeightFormat
  /** Threads of one run; all cores unless told otherwise. */
  readonly threads?: number
  /** An execution provider of ONNX Runtime. */
  readonly device?: string
  /** What runs it: compiled kernels where they were built and fit (cpu), otherwise ONNX Runtime. */
  readonly runtime?: 'native' | 'onnx'
}

/** The device that was asked for is not in this build of ONNX Runtime, or not in this machine. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError'
}

/** Compiles the folder's model. Throws CheckpointError, GraphError (over 2 GiB) or DeviceError. */
export async function openTarget(source: string | Checkpoint, options: TargetOptions = {}): Promise<Target> {
  const { weights = 'fp32', threads = availableParallelism(), device = 'cpu', runtime = 'native' } = options
  requireDevice(device)
  const checkpoint = typeof source === 'string' ? await openCheckpoint(source) : source
  const { config } = checkpoint
  const shape = {
    layers: config.layers,
    keyValueHeads: config.keyValueHeads,
    headDim: config.headDim,
    hiddenSize: config.hiddenSize,
    vocabularySize: config.vocabularySize,
    positionsMax: config.positionsMax,
  }
  if (kernels && runtime === 'native' && device === 'cpu') {
    return await NativeTarget.open(kernels, checkpoint, shape, weights, threads)
  }
  const model = serialise(await buildTargetGraph(checkpoint, { weights }))
  const session = await compile(model, device, threads)
  return new OnnxTarget(session, shape, await quantisedRowsMin(weights, config.hiddenSize))
}

async function compile(model: Uint8Array, device: string, threads: number): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(model, sessionOptions(device, threads))
  } catch (error) {
    if (device === 'cpu') throw error
    throw new DeviceError(`device "${device}" does not work on this machine: ${error}`, { cause: error })
  }
}

function requireDevice(device: string): void {
  const available = listSupportedBackends().map((backend) => backend.name)
  if (!available.includes(device)) {
    throw new DeviceError(`device "${device}" is not in this ONNX Runtime, which has ${available.join(', ')}`)
  }
}
