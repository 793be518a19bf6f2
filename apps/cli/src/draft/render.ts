import pc from 'picocolors'
import { renderTable, renderTime } from '../output.ts'
import type { ArmStatus, TenantStatus } from './tenant-status.ts'

/** What `draft status` shows people; with `detail`, also each version's reason and the latest runs. */
export function renderStatus(statuses: readonly TenantStatus[], detail: boolean): string {
  if (statuses.length === 0) return 'There are no tenants. Make one: foretoken tenant create NAME'
  const parts = [renderTenants(statuses), renderArms(statuses), renderVersions(statuses)]
  if (detail) parts.push(...statuses.map(renderRuns))
  return parts.filter((part) => part !== '').join('\n\n')
}

function renderTenants(statuses: readonly TenantStatus[]): string {
  const rows = statuses.map(({ tenant, target, learning, live, trial, newTokens, why }) => {
    const serves = live ? pc.green(`version ${live.version}`) : 'static'
    const draft = trial ? `${serves}, ${trial.stage} ${trial.version}` : serves
    const served = target ? `${target.name} ${shortened(target.fingerprint)}` : '-'
    return [tenant.name, tenant.id, served, learning ? 'on' : 'off', draft, String(newTokens), why]
  })
  return renderTable(['TENANT', 'ID', 'TARGET', 'LEARNING', 'DRAFT', 'NEW TOKENS', 'WHY'], rows)
}

function renderArms(statuses: readonly TenantStatus[]): string {
  const rows = statuses.flatMap(({ tenant, target, arms, versions }) =>
    arms.map((arm) => {
      const version = versions.find(({ id }) => id === arm.draftVersion)
      return [tenant.name, target?.name ?? '-', arm.arm, version ? String(version.version) : '-', ...figures(arm)]
    }),
  )
  return rows.length === 0 ? '' : renderTable(['TENANT', 'TARGET', 'ARM', 'VERSION', ...FIGURES], rows)
}

function renderVersions(statuses: readonly TenantStatus[]): string {
  const rows = statuses.flatMap(({ tenant, target, versions }) =>
    versions.map(({ version, id, fingerprint, state, createdAt, reason }) => {
      const shown = state === 'live' ? pc.green(state) : state === 'rejected' ? pc.red(state) : state
      const weights = fingerprint === target?.fingerprint ? 'these' : fingerprint ? shortened(fingerprint) : 'unknown'
      return [
        tenant.name,
        target?.name ?? '-',
        weights,
        String(version),
        id,
        shown,
        renderTime(createdAt),
        reason ?? '-',
      ]
    }),
  )
  return rows.length === 0
    ? ''
    : renderTable(['TENANT', 'TARGET', 'WEIGHTS', 'VERSION', 'ID', 'STATE', 'CREATED', 'REASON'], rows)
}

function renderRuns({ runs }: TenantStatus): string {
  const rows = runs.map(({ id, trigger, state, tokens, createdAt, finishedAt, reason }) => {
    return [id, trigger, state, String(tokens), renderTime(createdAt), renderTime(finishedAt), reason ?? '-']
  })
  return rows.length === 0 ? '' : renderTable(['RUN', 'TRIGGER', 'STATE', 'TOKENS', 'ORDERED', 'ENDED', 'REASON'], rows)
}

const shortened = (fingerprint: string) => fingerprint.slice(0, 8)

const FIGURES = ['STEPS', 'ACCEPTANCE LENGTH', 'ACCEPTANCE RATE']

function figures({ steps, acceptanceLength, acceptanceRate }: ArmStatus): string[] {
  const rate = acceptanceRate === null ? '-' : `${Math.round(acceptanceRate * 100)} %`
  return [String(steps), acceptanceLength?.toFixed(2) ?? '-', rate]
}
