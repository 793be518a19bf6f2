import { z } from 'zod'
import { limitSchema, listOf, timeSchema } from './list.ts'

/** What is drafted for: a model, and which weights of it. Null for what is older than the first that was told apart. */
export const targetSchema = z.strictObject({ model: z.string(), fingerprint: z.string() }).nullable()
export type TargetObject = z.infer<typeof targetSchema>

/** The model whose draft is meant, as the weights that it had last; absent: the only one that is served. */
export const draftChoiceSchema = z.strictObject({ model: z.string().min(1).optional() })

/** How well something drafted: steps it led, tokens committed a step, accepted of proposed. Null without any. */
export const acceptanceSchema = z.strictObject({
  steps: z.int(),
  acceptance_length: z.number().nullable(),
  acceptance_rate: z.number().nullable(),
})
export type AcceptanceObject = z.infer<typeof acceptanceSchema>

export const draftSchema = z.strictObject({
  object: z.literal('draft_version'),
  id: z.string(),
  target: targetSchema,
  version: z.int(),
  state: z.enum(['candidate', 'shadow', 'canary', 'live', 'retired', 'rejected']),
  parent: z.string().nullable(),
  content_hash: z.string(),
  created_at: timeSchema,
  /** Since when it is in its state, and why. */
  changed_at: timeSchema,
  reason: z.string().nullable(),
  acceptance: acceptanceSchema,
})
export type DraftObject = z.infer<typeof draftSchema>

/** Newest first. */
export const draftListSchema = listOf(draftSchema)

export const trainingRunSchema = z.strictObject({
  object: z.literal('training_run'),
  id: z.string(),
  tenant: z.string(),
  target: targetSchema,
  state: z.enum(['queued', 'running', 'promoted', 'rejected', 'failed', 'skipped']),
  reason: z.string().nullable(),
  created_at: timeSchema,
  finished_at: timeSchema.nullable(),
})

export const rollbackSchema = z.strictObject({
  object: z.literal('rollback'),
  tenant: z.string(),
  target: targetSchema,
  rejected: z.string(),
  /** What serves from now on; null: the static draft. */
  live: z.string().nullable(),
  /** Whether the rejected one was on trial, and what serves was not touched. */
  trial: z.boolean(),
})

export const decisionSchema = z.strictObject({
  object: z.literal('decision'),
  id: z.string(),
  target: targetSchema,
  topic: z.string(),
  kind: z.string(),
  /** Milliseconds of target time. */
  value: z.number(),
  inputs: z.record(z.string(), z.number()),
  alternatives: z.array(z.strictObject({ kind: z.string(), value: z.number() })),
  reason: z.string(),
  decided_at: timeSchema,
})

/** Newest first. */
export const decisionListSchema = listOf(decisionSchema)
export const decisionQuerySchema = z.strictObject({ limit: limitSchema })
