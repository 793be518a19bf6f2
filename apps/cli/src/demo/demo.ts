import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '@foretoken/db'
import { openObjectStore } from '@foretoken/storage'
import { DEFAULT_DATA_FOLDER, dataFolder } from '../data-folder/folder.ts'
import { CliError } from '../errors.ts'
import { log, print, printJson } from '../output.ts'
import { type Platform, startPlatform } from '../platform/platform.ts'
import { stopRequests } from '../supervisor/stop-requests.ts'
import { CASTS, type Cast, type CastName } from './casts.ts'
import { lineScreen } from './lines.ts'
import { play } from './play.ts'
import { renderEnding } from './report.ts'
import { resultOf } from './result.ts'
import { liveScreen } from './screen.ts'
import type { Settings } from './settings.ts'
import { Story } from './story.ts'
import { differing } from './tally.ts'
import { addTenants } from './tenants.ts'

export interface DemoOptions extends Partial<Settings> {
  readonly target: CastName
  readonly model?: string
  readonly weights: 'fp32' | 'int8' | 'int4'
  readonly device: string
  readonly threads?: number
  readonly tenants: number
  readonly json: boolean
}

/**
 * Shows drafts learning, on a platform of its own that leaves nothing behind.
 *
 * @throws CliError unless every request completed and every output was the same however it was drafted.
 */
export async function demo(options: DemoOptions): Promise<void> {
  const stop = stopRequests(log)
  const folder = mkdtempSync(join(tmpdir(), 'foretoken-demo-'))
  try {
    const cast: Cast = CASTS[options.target]
    const opened = await cast.open?.(dataFolder(DEFAULT_DATA_FOLDER).models, log)
    log('Starting a platform: PostgreSQL, worker, gateway and trainer …')
    const platform = await startPlatform({ ...platformOptions(options, folder), ...opened }, quiet, stop.signal)
    try {
      const { story, from } = await perform(platform, cast, options, stop.signal)
      if (options.json) printJson(resultOf(platform.model, story, from))
      else print(renderEnding(story, from, columns()))
      if (differing(story.samples).length > 0) throw new CliError('A draft changed an output, which it never may.')
    } finally {
      await platform.stop()
    }
  } catch (error) {
    throw stop.signal.aborted ? new CliError('Stopped before the end.') : error
  } finally {
    rmSync(folder, { recursive: true, force: true })
    stop.release()
  }
}

/** The cast's, but for what was asked for. */
function settingsOf({ settings }: Cast, options: DemoOptions): Settings {
  const { tokens, rounds, prompts, answerTokens } = settings
  return {
    tokens: options.tokens ?? tokens,
    rounds: options.rounds ?? rounds,
    prompts: options.prompts ?? prompts,
    answerTokens: options.answerTokens ?? answerTokens,
  }
}

interface Ending {
  readonly story: Story
  /** The first round after learning. */
  readonly from: number
}

const columns = () => process.stdout.columns ?? 100

/** Logs of the services would break the chart; what went wrong is in the error. */
const quiet = () => undefined

function platformOptions({ model, weights, device, threads }: DemoOptions, dataFolder: string) {
  return {
    ...{ dataFolder, models: model === undefined ? [] : [model], weights, device, threads },
    ...{ host: '127.0.0.1', port: 0, workers: 1, databaseUrl: undefined, tls: undefined, logLevel: 'error' },
    ...{ objectStore: undefined, drafts: [], trainer: true },
    // Runs are ordered when the traffic is over; none starts by itself before that.
    trainAfterTokens: 1_000_000_000,
    // What is compared is drafts: no way may spare a prompt because another has sent it before.
    prefixCacheShare: 0,
  }
}

async function perform(platform: Platform, cast: Cast, options: DemoOptions, signal: AbortSignal): Promise<Ending> {
  const { url, model, databaseUrl, objectStore, staticDraft } = platform
  const db = openDatabase(databaseUrl, { connectionsMax: 2 })
  // Whoever still polls the database must not outlive it.
  const closing = new AbortController()
  try {
    const tenants = await addTenants(db, platform, cast.tenants.slice(0, options.tenants))
    const story = new Story(tenants)
    const screen = process.stdout.isTTY && !options.json ? liveScreen(story, columns) : lineScreen(story)
    const parts = { db, store: openObjectStore(objectStore), tenants, story, settings: settingsOf(cast, options) }
    const until = AbortSignal.any([signal, closing.signal])
    const stage = { url, model, databaseUrl, teachable: staticDraft !== null, ...parts, signal: until }
    const from = await play(stage).finally(() => screen.done())
    return { story, from }
  } catch (error) {
    throw new CliError(`The demo ended early. ${error instanceof Error ? error.message : error}`)
  } finally {
    closing.abort()
    await db.close()
  }
}
