import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApiKey, createTenant, openDatabase } from '@foretoken/db'
import { CliError } from '../errors.ts'
import { log, print, printJson } from '../output.ts'
import { type Platform, startPlatform } from '../platform/platform.ts'
import { stopRequests } from '../supervisor/stop-requests.ts'
import { renderResults, verdict } from './report.ts'
import { type DemoTenant, runDemo } from './run.ts'
import { liveScreen, plainScreen } from './screen.ts'
import { type TenantResult, tally } from './tally.ts'
import { WORKLOADS, type Workload } from './workloads/index.ts'

export interface DemoOptions {
  readonly model?: string
  readonly weights: 'fp32' | 'int8' | 'int4'
  readonly device: string
  readonly threads?: number
  readonly rounds: number
  readonly prompts?: number
  readonly json: boolean
}

/**
 * Shows the platform at work, on a platform of its own that leaves nothing behind.
 *
 * @throws CliError unless every request completed and every output was the same with and without drafts.
 */
export async function demo(options: DemoOptions): Promise<void> {
  const stop = stopRequests(log)
  const folder = mkdtempSync(join(tmpdir(), 'foretoken-demo-'))
  try {
    log('Starting a platform: PostgreSQL, worker and gateway …')
    const platform = await startPlatform(platformOptions(options, folder), quiet, stop.signal)
    try {
      const results = await measure(platform, options, stop.signal)
      if (options.json) printJson({ model: platform.model, identical: results.every(isIdentical), tenants: results })
      else print(`${renderResults(results)}\n\n${verdict(results)}`)
      if (!results.every(isIdentical)) throw new CliError('Speculation changed an output, which it never may.')
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

const isIdentical = (result: TenantResult) => result.identical

/** Logs of the services would break the table; what went wrong is in the error. */
const quiet = () => undefined

function platformOptions({ model, weights, device, threads }: DemoOptions, dataFolder: string) {
  return {
    ...{ dataFolder, model, weights, device, threads },
    ...{ host: '127.0.0.1', port: 0, workers: 1, databaseUrl: undefined, tls: undefined, logLevel: 'error' },
  }
}

async function measure(platform: Platform, { rounds, prompts, json }: DemoOptions, signal: AbortSignal) {
  const workloads = WORKLOADS.map((workload) => ({ ...workload, prompts: workload.prompts.slice(0, prompts) }))
  const tenants = await addTenants(platform, workloads)
  const names = workloads.map((workload) => workload.tenant)
  const pairsTotal = rounds * workloads.reduce((sum, workload) => sum + workload.prompts.length, 0)
  const screen = process.stdout.isTTY && !json ? liveScreen(names, pairsTotal) : plainScreen(names, pairsTotal)
  try {
    const pairs = await runDemo({ ...platform, tenants, rounds, signal }, screen)
    return names.map((name) => tally(name, pairs))
  } catch (error) {
    throw new CliError(`A request failed. ${error instanceof Error ? error.message : error}`)
  } finally {
    screen.done()
  }
}

async function addTenants({ databaseUrl, pepper }: Platform, workloads: readonly Workload[]): Promise<DemoTenant[]> {
  const db = openDatabase(databaseUrl, { connectionsMax: 1 })
  try {
    const keyOf = async (name: string): Promise<string> => {
      const created = await createTenant(db, name)
      if (!created.ok) throw new Error(`the fresh database has a tenant ${name}`)
      return (await createApiKey(db, pepper, { tenantId: created.tenant.id, name: 'demo' })).secret
    }
    const tenants: DemoTenant[] = []
    for (const workload of workloads) {
      const { tenant } = workload
      tenants.push({ workload, apiKey: await keyOf(tenant), plainApiKey: await keyOf(`${tenant}-plain`) })
    }
    return tenants
  } finally {
    await db.close()
  }
}
