import { CliError } from '../errors.ts'
import { log, print, printJson } from '../output.ts'
import type { PlatformOptions } from '../platform/options.ts'
import { startPlatform } from '../platform/platform.ts'
import { stopRequests } from '../supervisor/stop-requests.ts'
import { banner } from './banner.ts'

export interface UpOptions extends Omit<PlatformOptions, 'dataFolder' | 'tls' | 'models' | 'drafts'> {
  readonly model: readonly string[]
  readonly draft: readonly string[]
  readonly dataDir: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly json: boolean
}

/** Runs a platform until a signal ends it. */
export async function up({ dataDir, tlsCert, tlsKey, json, model, draft, ...rest }: UpOptions): Promise<void> {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new CliError('HTTPS needs both --tls-cert and --tls-key.')
  }
  const options = { ...rest, models: model, drafts: draft }
  const tls = tlsCert !== undefined && tlsKey !== undefined ? { certificate: tlsCert, key: tlsKey } : undefined
  const stop = stopRequests(log)
  try {
    log('Starting the platform …')
    const platform = await startPlatform({ ...options, dataFolder: dataDir, tls }, log, stop.signal)
    const { url, urls, models, first, adminKey } = platform
    const key = { tenant: first?.tenantId ?? null, apiKey: first?.apiKey ?? null }
    if (json)
      printJson({
        url,
        ...(urls.length > 1 && { urls }),
        model: platform.model,
        ...(models.length > 1 && { models }),
        ...key,
      })
    else print(banner({ urls, models, first, adminKey }))
    await stop.requested
    log('Shutting down; once more to force it.')
    await platform.stop()
  } catch (error) {
    // Stopped while it started: everything is closed again, as asked.
    if (!stop.signal.aborted) throw error
  } finally {
    stop.release()
  }
}
