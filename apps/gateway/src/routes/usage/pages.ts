import { type PageQuery, pageFrom } from '@foretoken/protocol'

interface Page<Result> {
  readonly object: 'page'
  readonly data: { object: 'bucket'; start_time: number; end_time: number; results: Result[] }[]
  readonly has_more: boolean
  readonly next_page: string | null
}

/** Where a page ends: behind so many buckets, or where the query does. */
export function pageEndMs({ startMs, endMs, bucketMs, limit }: PageQuery<string>): number {
  return Math.min(endMs, startMs + limit * bucketMs)
}

/** All buckets of a page, those without a row too. */
export function toPage<Row extends { readonly start: Date }, Result>(
  query: PageQuery<string>,
  rows: readonly Row[],
  resultsOf: (rows: readonly Row[]) => Result[],
): Page<Result> {
  const { startMs, endMs, bucketMs } = query
  const untilMs = pageEndMs(query)
  const data: Page<Result>['data'] = []
  for (let ms = startMs; ms < untilMs; ms += bucketMs) {
    data.push({
      object: 'bucket',
      start_time: ms / 1_000,
      end_time: Math.floor(Math.min(ms + bucketMs, endMs) / 1_000),
      results: resultsOf(rows.filter(({ start }) => start.getTime() === ms)),
    })
  }
  const hasMore = untilMs < endMs
  return { object: 'page', data, has_more: hasMore, next_page: hasMore ? pageFrom(untilMs) : null }
}
