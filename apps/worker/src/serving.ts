import type { WorkerDetails } from '@foretoken/cluster'
import type { NewTarget } from '@foretoken/db'
import { RecurrentSpeculator, SuffixSpeculator } from '@foretoken/drafting'
import { ConstraintCompiler, type Engine, EngineError, type EngineObserver, startEngine } from '@foretoken/engine'
import { type LoadedModel, loadModel, targetFingerprint, targetForm } from '@foretoken/model'
import { kernels } from '@foretoken/native'
import type { WorkerStatus } from '@foretoken/protocol'
import { openObjectStore } from '@foretoken/storage'
import {
  createAdapterMetrics,
  createEngineMetrics,
  createRegistry,
  type EngineMetrics,
  type Logger,
  type Registry,
} from '@foretoken/telemetry'
import { readToolTemplate, type ToolTemplate } from '@foretoken/tool-calls'
import { adapterTiers } from './adapters/statistics.ts'
import type { WorkerConfig } from './config.ts'
import { TenantDrafts } from './drafts.ts'
import type { FrameSource } from './generate/frames.ts'
import { openStaticDraft } from './static-draft.ts'

/** One model being served: what the RPC's handlers need, and nothing of HTTP. */
export interface Serving {
  readonly model: LoadedModel
  /** What it is, in the database's words. */
  readonly target: NewTarget
  /** SHA-256 of the weights of a static draft that was trained for exactly this target; null: there is none. */
  readonly ownDraft: string | null
  /** How its template and tools go together; null without a template. */
  readonly tools: ToolTemplate | null
  readonly engine: Engine
  readonly drafts: TenantDrafts
  /** Undefined without the compiled addon. */
  readonly constraints: ConstraintCompiler | undefined
  readonly registry: Registry
  readonly frameSource: FrameSource
  status(): WorkerStatus
  /** From now on tells what drafts did in each request. */
  countAcceptance(count: NonNullable<FrameSource['onEnd']>): void
  /** What the register says of it. */
  details(): WorkerDetails
}

/** Loads the model, measures its costs on this machine and starts the engine. */
export async function startServing(
  config: WorkerConfig,
  logger: Logger,
  isReady: () => boolean,
  clock?: () => number,
): Promise<Serving> {
  const started = performance.now()
  const model = await loadModel(config.modelFolder, {
    weights: config.weights,
    device: config.device,
    ...(config.modelId === undefined ? {} : { id: config.modelId }),
    ...(config.threads === undefined ? {} : { threads: config.threads }),
  })
  const { tokenizer } = model
  const tools = tokenizer.hasChatTemplate ? readToolTemplate((...chat) => tokenizer.renderChat(...chat)) : null
  const registry = createRegistry()
  const metrics = createEngineMetrics(registry)
  const { modelFolder } = config
  const target = {
    name: model.id,
    fingerprint: await targetFingerprint(modelFolder),
    form: await targetForm(modelFolder),
  }
  const { staticDraft } = config
  const draft = staticDraft === undefined ? null : await openStaticDraft(staticDraft, modelFolder, target)
  const isOwn = draft?.artifact.target === target.fingerprint
  const drafts = new TenantDrafts({
    store: config.objectStore === undefined ? null : openObjectStore(config.objectStore),
    target: target.fingerprint,
    hiddenSize: model.target.shape.hiddenSize,
    logger,
    clock,
    disk: config.adapterDisk,
    ...(draft && { open: (events) => new RecurrentSpeculator(draft, events, { bytesMax: config.adapterBytesMax }) }),
  })
  const suffix = new SuffixSpeculator({ endIds: model.tokenizer.eosIds })
  const engine = await startEngine(model, drafts.neural ? [suffix, drafts.neural] : [suffix], {
    ...config.limits,
    observer: observe(metrics, model.id),
    ...(config.prefixCacheShare !== undefined && { prefixCacheShare: config.prefixCacheShare }),
    ...drafts.sink,
  })
  watchLoad(metrics, engine, model.id)
  createAdapterMetrics(registry, model.id, () => adapterTiers(drafts.statistics))
  logger.info(
    {
      model: model.id,
      weights: config.weights,
      kernels: kernels !== undefined,
      staticDraft: draft?.artifact.id ?? null,
      toolCallForm: tools && `${tools.form}${tools.native ? '' : ', as text'}`,
      ms: Math.round(performance.now() - started),
    },
    'model is ready',
  )

  if (draft && !isOwn) logger.warn({ trainedFor: draft.artifact.target }, TAKEN_OVER)
  if (!kernels) logger.warn(NO_KERNELS)

  let onEnd: FrameSource['onEnd']
  const created = Math.floor(Date.now() / 1000)
  return {
    model,
    target,
    ownDraft: draft && isOwn ? draft.artifact.contentHash : null,
    tools,
    engine,
    drafts,
    constraints: ConstraintCompiler.open(model.tokenizer, model.target.shape.vocabularySize),
    registry,
    countAcceptance: (count) => {
      onEnd = count
    },
    frameSource: {
      onEnd: (ended) => onEnd?.(ended),
      engine,
      tokens: model.tokenizer,
      worker: config.id,
      verdictsOf: (tenant) => drafts.verdictsOf(tenant),
      onFault: (err) => {
        if (!(err instanceof EngineError) || err.code === 'internal') logger.error({ err }, 'a request failed')
      },
    },
    status: () => ({
      worker: config.id,
      ready: isReady(),
      model: {
        id: model.id,
        fingerprint: target.fingerprint,
        created,
        contextLength: model.contextLength,
        ...(tools && { toolCallForm: tools.form }),
      },
      running: engine.load.running,
      waiting: engine.load.waiting,
      capacity: config.limits.sequencesMax,
      hot: drafts.recentTenants(HOT_TENANTS),
    }),
    details: () => ({
      target: { name: target.name, fingerprint: target.fingerprint },
      staticDraft: draft === null ? 'none' : isOwn ? 'own' : 'taken over',
      device: config.device,
      weights: config.weights,
      running: engine.load.running,
      waiting: engine.load.waiting,
      capacity: config.limits.sequencesMax,
      adapters: drafts.statistics.memory?.adapters ?? 0,
      targetStepMs: engine.targetStepMs,
    }),
  }
}

/** As many as a worker's memory has adapters of, by default. */
const HOT_TENANTS = 256

const TAKEN_OVER =
  'The static draft was trained for other weights of this target: it drafts worse, never wrongly. ' +
  'Train one for these: foretoken draft train'

const NO_KERNELS =
  'The compiled kernels are missing, so ONNX Runtime runs target and drafts, at half the speed, and requests for ' +
  'structured outputs are refused. ' +
  'Install Rust (https://rustup.rs) and run: npm run -w native build'

function observe(metrics: EngineMetrics, model_name: string): EngineObserver {
  const labels = { model_name }
  return {
    prefill: ({ rows, lookup }) => {
      metrics.iterationTokens.observe(labels, rows)
      metrics.prefixQueries.inc(labels, lookup?.queried ?? 0)
      metrics.prefixHits.inc(labels, lookup?.hit ?? 0)
    },
    decode: ({ results }) => {
      metrics.iterationTokens.observe(
        labels,
        results.reduce((rows, { proposed }) => rows + 1 + proposed, 0),
      )
      for (const { proposed, accepted } of results) {
        if (proposed === 0) continue
        metrics.drafts.inc(labels)
        metrics.draftTokens.inc(labels, proposed)
        metrics.acceptedTokens.inc(labels, accepted)
        for (let position = 0; position < accepted; position++) {
          metrics.acceptedTokensPerPosition.inc({ ...labels, position: String(position) })
        }
      }
    },
    preempted: () => metrics.preemptions.inc(labels),
    finished: ({ times }) => {
      metrics.queueSeconds.observe(labels, (times.admitted - times.queued) / 1000)
      metrics.prefillSeconds.observe(labels, (times.decoding - times.admitted) / 1000)
      metrics.decodeSeconds.observe(labels, (times.ended - times.decoding) / 1000)
    },
  }
}

/** Gauges are read from the engine when Prometheus asks, so that no step pays for them. */
function watchLoad(metrics: EngineMetrics, engine: Engine, model_name: string): void {
  const gauge = (metric: EngineMetrics['requestsRunning'], read: () => number) => {
    metric.set({ model_name }, 0)
    Object.assign(metric, { collect: () => metric.set({ model_name }, read()) })
  }
  gauge(metrics.requestsRunning, () => engine.load.running)
  gauge(metrics.requestsWaiting, () => engine.load.waiting)
  gauge(metrics.cacheUsage, () => engine.load.cacheUsage)
  const { waitingByReason } = metrics
  Object.assign(waitingByReason, {
    collect: () => {
      for (const [reason, count] of Object.entries(engine.load.waitingFor))
        waitingByReason.set({ model_name, reason }, count)
    },
  })
}
