import { TENANT_WEIGHT } from '@foretoken/db/tenant-weight'
import { Argument, type Command } from 'commander'
import { budget, rate } from '../billing/arguments.ts'
import {
  type DatabaseCommandOptions,
  fraction,
  type LearningCommandOptions,
  withDatabaseOptions,
  withLearningOptions,
} from '../options.ts'
import type { LimitsOptions } from './limits.ts'

/** `foretoken tenant create | list | disable | enable | delete | weight | limits | learning | rollouts | forget`. */
export function addTenantCommand(program: Command): void {
  const tenant = program.command('tenant').description('tenants: who may use the platform')
  withDatabaseOptions(tenant.command('create <name>').description('add a tenant')).action(
    async (name: string, options: DatabaseCommandOptions) => (await tenants()).create(name, options),
  )
  withDatabaseOptions(tenant.command('list').description('all tenants, with their usage of the last 30 days')).action(
    async (options: DatabaseCommandOptions) => (await tenants()).list(options),
  )
  const status = (usage: string, to: 'active' | 'disabled', description: string) =>
    withDatabaseOptions(tenant.command(usage).description(description)).action(
      async (name: string, options: DatabaseCommandOptions) => (await tenants()).setStatus(name, to, options),
    )
  status('disable <tenant>', 'disabled', 'let no key of a tenant open anything until it is enabled again')
  status('enable <tenant>', 'active', "let a disabled tenant's keys work again")
  withDatabaseOptions(
    tenant
      .command('weight')
      .description("set a tenant's share of a busy worker against others': one of weight 2 gets twice what 1 gets")
      .argument('<tenant>', 'by name or id')
      .argument('<weight>', 'how much; 1 is usual', fraction(TENANT_WEIGHT.min, TENANT_WEIGHT.max)),
  ).action(async (name: string, weight: number, options: DatabaseCommandOptions) =>
    (await tenants()).weigh(name, weight, options),
  )
  withDatabaseOptions(
    tenant.command('limits').description('set what a tenant or one of its keys may use, and show what it used'),
  )
    .argument('<tenant>', 'by name or id')
    .option('--key <key-id>', 'of this key only')
    .option('--requests-per-minute <count>', 'or "none"', rate)
    .option('--tokens-per-minute <count>', 'of prompts and completions, or "none"', rate)
    .option('--streams <count>', 'requests that run at once, or "none"', rate)
    .option('--day-budget <amount>', 'that a day in UTC may cost, or "none"', budget)
    .option('--month-budget <amount>', 'that a month in UTC may cost, or "none"', budget)
    .action(async (name: string, options: LimitsOptions) => (await import('./limits.ts')).limits(name, options))
  withLearningOptions(
    tenant
      .command('learning')
      .description("let a tenant's traffic teach its draft, or not: `off` deletes its traces and keeps its draft")
      .argument('<tenant>', 'by name or id')
      .addArgument(new Argument('<state>').choices(['on', 'off'])),
  ).action(async (name: string, state: 'on' | 'off', options: LearningCommandOptions) => {
    const { learning } = await import('./learning.ts')
    await learning(name, state, options)
  })
  withDatabaseOptions(
    tenant
      .command('rollouts')
      .description("carry a tenant's drafts along when a target's weights change, judged anew each time, or leave them")
      .argument('<tenant>', 'by name or id')
      .addArgument(new Argument('<state>').choices(['on', 'off'])),
  ).action(async (name: string, state: 'on' | 'off', options: DatabaseCommandOptions) =>
    (await tenants()).rollOut(name, state, options),
  )
  withLearningOptions(
    tenant.command('forget <tenant>').description('delete all that was learned from a tenant: traces and adapters'),
  ).action(async (name: string, options: LearningCommandOptions) => {
    const { forget } = await import('./learning.ts')
    await forget(name, options)
  })
  withLearningOptions(
    tenant
      .command('delete <tenant>')
      .description('end a tenant for good: its keys, and all that was learned from it; its usage stays accountable'),
  ).action(async (name: string, options: LearningCommandOptions) => {
    const { remove } = await import('./learning.ts')
    await remove(name, options)
  })
}

const tenants = () => import('./tenants.ts')
