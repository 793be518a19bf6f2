import { z } from 'zod'
import { ApiError } from '../errors/api-error.ts'

/** OpenAI's pages of usage and costs over time: buckets, each with a result for every group. */
const pageOf = <Result extends z.ZodType>(result: Result) =>
  z.strictObject({
    object: z.literal('page'),
    data: z.array(
      z.strictObject({
        object: z.literal('bucket'),
        start_time: z.int(),
        end_time: z.int(),
        results: z.array(result),
      }),
    ),
    has_more: z.boolean(),
    next_page: z.string().nullable(),
  })

/** What is not grouped by is null. `arm` is ours: the one that drafted most of a request. */
export const usagePageSchema = pageOf(
  z.strictObject({
    object: z.literal('organization.usage.completions.result'),
    /** Cached ones included. */
    input_tokens: z.int(),
    input_cached_tokens: z.int(),
    output_tokens: z.int(),
    num_model_requests: z.int(),
    project_id: z.string().nullable(),
    user_id: z.null(),
    api_key_id: z.string().nullable(),
    model: z.string().nullable(),
    batch: z.null(),
    arm: z.string().nullable(),
  }),
)
export type UsagePage = z.infer<typeof usagePageSchema>

export const costsPageSchema = pageOf(
  z.strictObject({
    object: z.literal('organization.costs.result'),
    /** `value` as OpenAI has it; `decimal` is the same, exactly. */
    amount: z.strictObject({ value: z.number(), currency: z.string(), decimal: z.string() }),
    /** A model and what of it, as `reference-target, output`. */
    line_item: z.string().nullable(),
    project_id: z.string().nullable(),
    api_key_id: z.string().nullable(),
  }),
)
export type CostsPage = z.infer<typeof costsPageSchema>

const PAGE = /^page_(\d{1,12})$/
const WIDTHS_MS = { '1m': 60_000, '1h': 3_600_000, '1d': 86_400_000 } as const
const LIMITS = { '1m': { usual: 60, max: 1_440 }, '1h': { usual: 24, max: 168 }, '1d': { usual: 7, max: 180 } } as const

const UNIX_SECONDS = z.int().min(0).max(99_999_999_999)

/** What a page may be asked of, for the API's document; `parsePageQuery` reads it. */
const pageQueryOf = (groups: readonly string[], widths: readonly (keyof typeof WIDTHS_MS)[]) =>
  z.object({
    start_time: UNIX_SECONDS.optional(),
    end_time: UNIX_SECONDS.optional(),
    bucket_width: z.enum(widths).optional(),
    group_by: z.array(z.enum(groups)).optional(),
    api_key_ids: z.array(z.string()).optional(),
    models: z.array(z.string()).optional(),
    limit: z
      .int()
      .min(1)
      .max(Math.max(...widths.map((width) => LIMITS[width].max)))
      .optional(),
    page: z.string().regex(PAGE).optional(),
  })

export const USAGE_PAGES = { groups: ['project_id', 'api_key_id', 'model', 'arm'], widths: ['1m', '1h', '1d'] } as const
export const COSTS_PAGES = { groups: ['project_id', 'api_key_id', 'line_item'], widths: ['1d'] } as const
export const usagePageQuerySchema = pageQueryOf(USAGE_PAGES.groups, USAGE_PAGES.widths)
export const costsPageQuerySchema = pageQueryOf(COSTS_PAGES.groups, COSTS_PAGES.widths)

export interface PageQuery<Group extends string> {
  readonly startMs: number
  readonly endMs: number
  readonly bucketMs: number
  readonly limit: number
  readonly groupBy: readonly Group[]
  readonly keyIds: readonly string[] | null
  readonly models: readonly string[] | null
}

interface PageRules<Group extends string> {
  readonly groups: readonly Group[]
  readonly widths: readonly (keyof typeof WIDTHS_MS)[]
}

/**
 * Reads what a page is asked of. Buckets begin at whole minutes, hours or days in UTC. Throws the ApiError of the first
 * parameter at fault.
 *
 * @param parameters lists may be repeated names, `name[]`, or have commas
 */
export function parsePageQuery<Group extends string>(
  parameters: URLSearchParams,
  { groups, widths }: PageRules<Group>,
  nowMs: number,
): PageQuery<Group> {
  const widthText = parameters.get('bucket_width') ?? '1d'
  const width = widths.find((each) => each === widthText)
  if (!width) throw invalid('bucket_width', `expected one of ${widths.join(', ')}.`)
  const bucketMs = WIDTHS_MS[width]
  const limit = integer(parameters, 'limit') ?? LIMITS[width].usual
  if (limit < 1 || limit > LIMITS[width].max) throw invalid('limit', `expected 1 to ${LIMITS[width].max}.`)
  const page = parameters.get('page')
  const from = page === null ? integer(parameters, 'start_time') : Number(PAGE.exec(page)?.[1] ?? Number.NaN)
  if (from === null)
    throw new ApiError('missing_required_parameter', { values: { name: 'start_time' }, param: 'start_time' })
  if (Number.isNaN(from)) throw invalid('page', 'expected the next_page of an earlier answer.')
  const startMs = Math.floor((from * 1_000) / bucketMs) * bucketMs
  const end = integer(parameters, 'end_time')
  const endMs = end === null ? nowMs : end * 1_000
  if (endMs <= startMs) throw invalid('end_time', 'expected a moment after start_time.')
  const groupBy = list(parameters, 'group_by').map((name) => {
    const group = groups.find((each) => each === name)
    if (!group) throw invalid('group_by', `expected some of ${groups.join(', ')}.`)
    return group
  })
  const [keyIds, models] = [list(parameters, 'api_key_ids'), list(parameters, 'models')]
  return {
    ...{ startMs, endMs, bucketMs, limit, groupBy },
    keyIds: keyIds.length > 0 ? keyIds : null,
    models: models.length > 0 ? models : null,
  }
}

/** How a next page is asked for that begins then. */
export function pageFrom(startMs: number): string {
  return `page_${Math.floor(startMs / 1_000)}`
}

/** Unix seconds, or a number; within what a date can hold. */
function integer(parameters: URLSearchParams, name: string): number | null {
  const text = parameters.get(name)
  if (text === null) return null
  if (!/^\d{1,11}$/.test(text)) throw invalid(name, 'expected a whole number.')
  return Number(text)
}

function list(parameters: URLSearchParams, name: string): string[] {
  return [...parameters.getAll(name), ...parameters.getAll(`${name}[]`)]
    .flatMap((text) => text.split(','))
    .filter((text) => text !== '')
}

function invalid(name: string, reason: string): ApiError {
  return new ApiError('invalid_value', { values: { name, reason }, param: name })
}
