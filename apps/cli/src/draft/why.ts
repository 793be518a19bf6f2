import { decisionsOf, type StoredDecision } from '@foretoken/db'
import { requireServedTarget } from '../model/served.ts'
import type { LearningCommandOptions } from '../options.ts'
import { print, printJson, renderTable, renderTime } from '../output.ts'
import { choice, withDatabase } from '../platform/connect.ts'
import { requireTenant } from '../tenant/lookup.ts'

const DECISIONS_SHOWN = 10

/** `foretoken draft why`: what the scheduler decided about a tenant, from what, and instead of what. */
export async function why(
  nameOrId: string,
  { model, ...options }: LearningCommandOptions & { readonly model?: string },
): Promise<void> {
  await withDatabase(choice(options), async ({ db }) => {
    const tenant = await requireTenant(db, nameOrId)
    const target = await requireServedTarget(db, model)
    const decisions = await decisionsOf(db, tenant.id, DECISIONS_SHOWN, target.id)
    if (options.json) return printJson(decisions)
    print(renderDecisions(`${tenant.name} on ${target.name}`, decisions))
  })
}

export function renderDecisions(tenant: string, decisions: readonly StoredDecision[]): string {
  const [last] = decisions
  if (!last) return `The scheduler has not decided about ${tenant} yet.`
  const others = decisions.slice(1).map(({ decidedAt, kind, reason }) => [renderTime(decidedAt), kind, reason])
  return [
    `${tenant}: ${last.kind}, ${renderTime(last.decidedAt)}`,
    last.reason,
    '',
    renderTable(
      ['FROM', ''],
      Object.entries(last.inputs).map(([name, figure]) => [wordsOf(name), numberText(figure)]),
    ),
    '',
    renderTable(
      ['CHOICE', 'WORTH, MS OF TARGET TIME'],
      [last, ...last.alternatives].map(({ kind, value }, at) => [
        at === 0 ? `${kind} (chosen)` : kind,
        numberText(value),
      ]),
    ),
    ...(others.length > 0 ? ['', renderTable(['BEFORE', 'KIND', 'REASON'], others)] : []),
  ].join('\n')
}

/** `targetMsPerDay` as `target ms per day`. */
const wordsOf = (name: string) => name.replaceAll(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`)

function numberText(figure: number): string {
  return Math.abs(figure) >= 100 ? Math.round(figure).toString() : Number(figure.toPrecision(3)).toString()
}
